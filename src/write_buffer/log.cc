#include "write_buffer/log.h"

#include <utility>

namespace magnetite::write_buffer {

std::string_view to_string(LogUse use) {
  switch (use) {
    case LogUse::kOwn:
      return "own";
    case LogUse::kWritten:
      return "writing";
    case LogUse::kRead:
      return "reading";
  }
  return "unknown";
}

Log Log::own(std::shared_ptr<FileLog> file) {
  FileLog& log = *file;
  Log made = written(std::shared_ptr<Writer>(file, &log.writer()), [&log] { return log.make_reader(); });
  made.use_ = LogUse::kOwn;
  made.file_ = std::move(file);
  return made;
}

Log Log::written(std::shared_ptr<Writer> writer, MakeReader make_reader) {
  Log made;
  made.use_ = LogUse::kWritten;
  made.id_ = writer->log_id();
  made.type_name_ = writer->type_name();
  made.sequencers_ = writer->sequencer_ids();
  made.writer_ = std::move(writer);
  made.make_reader_ = std::move(make_reader);
  return made;
}

Result<Log> Log::read(MakeReader make_reader) {
  MAGNETITE_TRY(const std::unique_ptr<Reader> reader, make_reader());
  Log made;
  made.use_ = LogUse::kRead;
  made.id_ = reader->log_id();
  made.type_name_ = reader->type_name();
  made.sequencers_ = reader->sequencer_ids();
  made.make_reader_ = std::move(make_reader);
  return made;
}

void Log::raise_next_number(model::SequencerId sequencer, model::SequenceNumber at_least) const {
  if (file_ != nullptr) file_->raise_next_number(sequencer, at_least);
}

WriterStatus Log::status() const {
  if (writer_ != nullptr) return writer_->status();
  return {type_name_, false, {}, 0};
}

}  // namespace magnetite::write_buffer
