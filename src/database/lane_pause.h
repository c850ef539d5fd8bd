// All lanes of a database stand still while this lives: no entry is half applied, so what is read then is one
// consistent cut. Held for a few map operations, never over I/O.
#pragma once

#include <memory>
#include <vector>

#include "database/lane.h"

namespace magnetite::database {

class LanePause {
 public:
  explicit LanePause(const std::vector<std::unique_ptr<Lane>>& lanes) NO_THREAD_SAFETY_ANALYSIS : lanes_(lanes) {
    for (const auto& lane : lanes_) lane->pause();  // in one order everywhere
  }
  ~LanePause() NO_THREAD_SAFETY_ANALYSIS {
    for (const auto& lane : lanes_) lane->resume();
  }
  LanePause(const LanePause&) = delete;
  LanePause& operator=(const LanePause&) = delete;

 private:
  const std::vector<std::unique_ptr<Lane>>& lanes_;
};

}  // namespace magnetite::database
