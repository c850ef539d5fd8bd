#include "write_buffer/kafka/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/logging.h"

namespace magnetite::write_buffer::kafka {
namespace {

void write_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int kSyslogError = 3;
  log::write(level <= kSyslogError ? log::Level::kWarn : log::Level::kDebug, "kafka client",
             {{"facility", facility}, {"text", text}});
}

void keep_problem(rd_kafka_t*, int error, const char* reason, void* opaque) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
      error == RD_KAFKA_RESP_ERR__FATAL)
    static_cast<Problem*>(opaque)->set(reason);
}

using Configuration = Owned<rd_kafka_conf_t, rd_kafka_conf_destroy>;

Result<Configuration> configuration(const Settings& settings) {
  Configuration made(rd_kafka_conf_new());
  std::array<char, 512> reason{};
  for (const auto& [key, value] : settings)
    if (rd_kafka_conf_set(made.get(), key.c_str(), value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK)
      // The reason may repeat the value, which may be a password.
      return fail(ErrorCode::kInvalidInput, fmt::format("kafka option '{}' is unknown or has a wrong value", key));
  rd_kafka_conf_set_log_cb(made.get(), write_log);
  return made;
}

Result<Client> make_client(rd_kafka_type_t type, Configuration made) {
  std::array<char, 512> reason{};
  Client client(rd_kafka_new(type, made.get(), reason.data(), reason.size()));
  if (client == nullptr) return fail(ErrorCode::kInvalidInput, fmt::format("kafka: {}", reason.data()));
  (void)made.release();  // the client's now
  return client;
}

}  // namespace

Result<Client> make_producer(const Settings& settings, EventHandler handler, void* opaque) {
  MAGNETITE_TRY(Configuration made, configuration(settings));
  rd_kafka_conf_set_opaque(made.get(), opaque);
  rd_kafka_conf_set_events(made.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  rd_kafka_conf_set_background_event_cb(made.get(), handler);
  MAGNETITE_TRY(Client client, make_client(RD_KAFKA_PRODUCER, std::move(made)));
  const Queue main(rd_kafka_queue_get_main(client.get()));
  const Queue background(rd_kafka_queue_get_background(client.get()));
  rd_kafka_queue_forward(main.get(), background.get());
  return client;
}

Result<Client> make_consumer(const Settings& settings, Problem& problem) {
  MAGNETITE_TRY(Configuration made, configuration(settings));
  rd_kafka_conf_set_opaque(made.get(), &problem);
  rd_kafka_conf_set_error_cb(made.get(), keep_problem);
  return make_client(RD_KAFKA_CONSUMER, std::move(made));
}

AdminOptions admin_options(rd_kafka_t* client, rd_kafka_admin_op_t operation, int timeout_ms) {
  AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), std::max(timeout_ms, 1), nullptr, 0);
  return options;
}

int milliseconds_until(Executor& executor, MonoTime deadline) {
  constexpr int64_t kHour = 3'600'000;
  const MonoTime now = executor.clock().mono_now();
  if (deadline <= now) return 0;
  if (deadline.nanos - now.nanos > kHour * kNanosOfMillisecond) return static_cast<int>(kHour);
  return static_cast<int>((deadline.nanos - now.nanos + kNanosOfMillisecond - 1) / kNanosOfMillisecond);
}

}  // namespace magnetite::write_buffer::kafka
