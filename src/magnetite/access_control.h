// What `magnetite run` does about authentication: whether there is any, the operator's own token, and what is said of
// it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "access/gatekeeper.h"
#include "base/disk.h"
#include "base/executor.h"
#include "magnetite/run_options.h"

namespace magnetite {

class AccessControl {
 public:
  // Reads the tokens in the data folder, which exists, and the file of the operator's; `executor` and `disk` outlive
  // it.
  static Result<std::unique_ptr<AccessControl>> open(const RunOptions& options, Executor& executor, Disk& disk);

  access::Gatekeeper& gatekeeper() { return *gatekeeper_; }
  // One line to standard output; a warning to the log where others can do what they like.
  void announce() const;

 private:
  AccessControl() = default;

  std::unique_ptr<access::TokenStore> tokens_;  // nullptr: nobody is asked for one
  std::unique_ptr<access::Gatekeeper> gatekeeper_;
  std::string open_to_others_;  // the first address that is not of loopback; empty = none
};

}  // namespace magnetite
