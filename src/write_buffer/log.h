// The log a database has: exactly one, and never in both directions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "write_buffer/file/file_log.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer {

enum class LogUse : uint8_t {
  kOwn,      // a local log that nobody else has
  kWritten,  // others may read it, and write it too
  kRead,     // others write it
};
std::string_view to_string(LogUse use);

// Thread-safe. Copies are the same log; readers must not outlive the last of them.
class Log {
 public:
  using MakeReader = std::function<Result<std::unique_ptr<Reader>>()>;

  static Log own(std::shared_ptr<FileLog> log);
  static Log written(std::shared_ptr<Writer> writer, MakeReader make_reader);
  // Makes one reader to learn who the log is.
  static Result<Log> read(MakeReader make_reader);

  LogUse use() const { return use_; }
  model::Uuid id() const { return id_; }
  const std::string& type_name() const { return type_name_; }
  const std::vector<model::SequencerId>& sequencer_ids() const { return sequencers_; }  // when it was opened
  Writer* writer() const { return writer_.get(); }                                      // nullptr where it is only read
  Result<std::unique_ptr<Reader>> make_reader() const { return make_reader_(); }
  // Numbers that an own log gives from now on are at least this; others give their own.
  void raise_next_number(model::SequencerId sequencer, model::SequenceNumber at_least) const;
  WriterStatus status() const;

 private:
  Log() = default;

  LogUse use_ = LogUse::kOwn;
  model::Uuid id_;
  std::string type_name_;
  std::vector<model::SequencerId> sequencers_;
  std::shared_ptr<FileLog> file_;  // of an own one
  std::shared_ptr<Writer> writer_;
  MakeReader make_reader_;
};

}  // namespace magnetite::write_buffer
