// An HTTP server of this process that answers what a test scripted, in order, and remembers what it was asked.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace magnetite::object_store::testing {

struct ScriptedAnswer {
  int status = 200;
  std::string body = {};
  std::map<std::string, std::string> headers = {};
  bool is_lost = false;  // the request is read, then the connection is reset
};

struct SeenRequest {
  std::string method;
  std::string target;                          // "/bucket/key?query"
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Without a scripted answer it says 500. Thread-safe.
class ScriptServer {
 public:
  ScriptServer();
  ~ScriptServer();

  std::string url() const;  // "http://127.0.0.1:<port>"
  void answer(ScriptedAnswer answer);
  std::vector<SeenRequest> seen() const;
  SeenRequest last() const { return seen().back(); }

 private:
  class Listener;
  ScriptedAnswer next(SeenRequest request);

  mutable Mutex mutex_;
  std::deque<ScriptedAnswer> answers_ GUARDED_BY(mutex_);
  std::vector<SeenRequest> seen_ GUARDED_BY(mutex_);
  std::unique_ptr<Listener> listener_;
};

}  // namespace magnetite::object_store::testing
