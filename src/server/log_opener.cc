#include "server/log_opener.h"

#include <fmt/format.h>

#include <utility>

#include "write_buffer/kafka/kafka_log.h"
#include "write_buffer/redis/redis_log.h"

namespace magnetite::server {
namespace {

using write_buffer::Connection;
using write_buffer::Log;
using write_buffer::LogUse;

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

struct Wanted {
  LogUse use = LogUse::kOwn;
  Connection connection;
};

Result<Wanted> wanted(const model::DatabaseRules& rules) {
  Wanted wanted;
  const bool writes = !rules.write_buffer_writing.empty();
  if (!writes && rules.write_buffer_reading.empty()) return wanted;
  wanted.use = writes ? LogUse::kWritten : LogUse::kRead;
  auto parsed = write_buffer::parse_connection(writes ? rules.write_buffer_writing : rules.write_buffer_reading);
  if (!parsed)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("rules.{}: {}", writes ? "writing" : "reading", parsed.error().message()));
  wanted.connection = *std::move(parsed);
  if (const auto* kafka = std::get_if<write_buffer::KafkaConnection>(&wanted.connection);
      kafka != nullptr && kafka->topic.empty()) {
    if (auto named = write_buffer::check_topic_name(rules.name); !named)
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("rules.{}: the topic is named after the database: {}; name one in the connection, "
                              "kafka://host:port/topic",
                              writes ? "writing" : "reading", named.error().message()));
  }
  return wanted;
}

// Of a log that others write or read: readers from `make_reader`, a writer where it is written.
template <class MakeWriter, class MakeReader>
Result<Log> share(LogUse use, MakeWriter make_writer, MakeReader make_reader) {
  if (use == LogUse::kRead) return Log::read(std::move(make_reader));
  MAGNETITE_TRY(auto writer, make_writer());
  return Log::written(std::move(writer), std::move(make_reader));
}

}  // namespace

Result<> LogOpener::check(const model::DatabaseRules& rules) {
  MAGNETITE_RETURN_IF_ERROR(wanted(rules));
  return {};
}

Result<Log> LogOpener::open(const model::DatabaseRules& rules) {
  MAGNETITE_TRY(const Wanted asked, wanted(rules));
  if (asked.use == LogUse::kOwn) return open_own(rules);
  auto opened = open_shared(rules.name, asked.use, asked.connection);
  // Nothing that a client of this server could have named is missing.
  if (!opened && opened.error().code() == ErrorCode::kNotFound)
    return fail(ErrorCode::kFailedPrecondition, opened.error().message());
  return opened;
}

Result<Log> LogOpener::open_shared(const std::string& name, LogUse use, const Connection& connection) {
  return std::visit(Overloaded{[&](const write_buffer::FileConnection& file) { return open_file(file, use); },
                               [&](const write_buffer::MemoryConnection& memory) { return open_memory(memory, use); },
                               [&](const write_buffer::KafkaConnection& kafka) {
                                 return share(
                                     use, [&] { return write_buffer::open_kafka_writer(executor_, kafka, name); },
                                     [&executor = executor_, kafka, name] {
                                       return write_buffer::open_kafka_reader(executor, kafka, name);
                                     });
                               },
                               [&](const write_buffer::RedisConnection& redis) {
                                 return share(
                                     use, [&] { return write_buffer::open_redis_writer(executor_, redis, name); },
                                     [&executor = executor_, redis, name] {
                                       return write_buffer::open_redis_reader(executor, redis, name);
                                     });
                               }},
                    connection);
}

Result<Log> LogOpener::open_own(const model::DatabaseRules& rules) {
  write_buffer::FileLogOptions options;
  options.folder = fmt::format("{}/{}", options_.folder, rules.uuid.text());
  options.sync = options_.sync;
  options.sequencer_count = options_.sequencer_count;
  options.closed_segments = write_buffer::Verify::kHeaders;  // replay verifies what it needs
  auto opened = write_buffer::FileLog::open(disk_, executor_, std::move(options));
  // Nothing that a client could have named is missing.
  if (!opened && opened.error().code() == ErrorCode::kNotFound)
    return fail(ErrorCode::kUnavailable, opened.error().message());
  if (!opened) return std::unexpected(std::move(opened).error());
  return Log::own(*std::move(opened));
}

Result<Log> LogOpener::open_file(const write_buffer::FileConnection& connection, LogUse use) {
  const MutexLock lock(mutex_);
  std::weak_ptr<write_buffer::FileLog>& known = file_logs_[connection.folder];
  std::shared_ptr<write_buffer::FileLog> log = known.lock();
  if (log == nullptr) {
    write_buffer::FileLogOptions options;
    options.folder = connection.folder;
    options.sync = options_.sync;
    options.sequencer_count = connection.n_sequencers.value_or(options_.sequencer_count);
    MAGNETITE_TRY(log, write_buffer::FileLog::open(disk_, executor_, std::move(options)));
    known = log;
  }
  return share(
      use,
      [&]() -> Result<std::shared_ptr<write_buffer::Writer>> {
        return std::shared_ptr<write_buffer::Writer>(log, &log->writer());
      },
      [log] { return log->make_reader(); });
}

Result<Log> LogOpener::open_memory(const write_buffer::MemoryConnection& connection, LogUse use) {
  MAGNETITE_TRY(const std::shared_ptr<write_buffer::MemoryLog> log,
                memory_logs_.open(connection.name, connection.n_sequencers));
  return share(
      use,
      [&]() -> Result<std::shared_ptr<write_buffer::Writer>> {
        return std::shared_ptr<write_buffer::Writer>(log->make_writer());
      },
      [log]() -> Result<std::unique_ptr<write_buffer::Reader>> { return log->make_reader(); });
}

}  // namespace magnetite::server
