#include "write_buffer/redis/sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"

namespace magnetite::write_buffer::redis {
namespace {

// One is synced while the next is on its way; what comes meanwhile makes a larger one.
constexpr size_t kSentMax = 2;
constexpr uint64_t kTransactionBytesMax = 4 << 20;
constexpr size_t kTransactionAppendsMax = 1024;
constexpr Duration kBackOffMin = std::chrono::milliseconds(50);
constexpr Duration kBackOffMax = std::chrono::seconds(5);

Error unclear(const Error& why) {
  return {ErrorCode::kUnclear, fmt::format("{}; the record may be stored", why.message())};
}

Error surely_not(const Error& why) {
  return {why.code() == ErrorCode::kFailedPrecondition ? ErrorCode::kFailedPrecondition : ErrorCode::kUnavailable,
          why.message()};
}

}  // namespace

std::optional<Result<>> Trim::wait_until(MonoTime deadline) {
  const MutexLock lock(mutex_);
  while (!outcome_)
    if (settled_.wait_until(mutex_, deadline, WaitReason::kLogSync) == WaitOutcome::kDeadline) break;
  return outcome_;
}

void Trim::settle(Result<> outcome) {
  const MutexLock lock(mutex_);
  outcome_ = std::move(outcome);
  settled_.notify_all();
}

Sender::Sender(Executor& executor, Settings settings)
    : executor_(executor), settings_(std::move(settings)), queue_(executor, settings_.limits.queue_bytes_max, wake_) {}

Result<> Sender::open() {
  MAGNETITE_TRY(auto client,
                Client::connect({&executor_.clock(), settings_.connection, settings_.limits.request_timeout, &stop_}));
  MAGNETITE_RETURN_IF_ERROR(check_server(*client));  // before anything is made there
  MAGNETITE_TRY(marker_, open_log(*client, settings_.connection.stream, settings_.connection.n_sequencers));
  for (uint32_t i = 0; i < marker_.sequencers; ++i)
    keys_.push_back(stream_key(settings_.connection.stream, marker_, i));
  next_numbers_.resize(marker_.sequencers);
  // Kills nobody, but tells now whether it may: after a lost connection nothing may come in late by the old one.
  MAGNETITE_TRY(const Reply killed, client->call({"CLIENT", "KILL", "ID", "9223372036854775807"}));
  return establish(std::move(client));
}

Result<> Sender::check_server(Client& client) {
  MAGNETITE_TRY(std::string reported, check_durability(client, settings_.connection));
  const MutexLock lock(mutex_);
  if (!reported.empty() && reported != reported_) log::warn(reported, {{"log", settings_.connection.stream}});
  reported_ = std::move(reported);
  return {};
}

// A connection is of use when no older one can still store anything, the settings will do, and all streams are there
// with all that was acknowledged.
Result<> Sender::establish(std::unique_ptr<Client> client) {
  for (const ClientIdentity& old : old_clients_) {
    // The address too: a server that was restarted counts its ids from one again.
    MAGNETITE_TRY(const Reply killed, client->call({"CLIENT", "KILL", "ID", old.id, "ADDR", old.address}));
  }
  old_clients_.clear();
  for (uint32_t i = 0; i < marker_.sequencers; ++i) {
    MAGNETITE_TRY(const std::optional<StreamEnds> ends, find_ends(*client, settings_.connection.stream, marker_, i));
    gone_ = !ends;
    if (gone_) return std::unexpected(log_is_gone(settings_.connection.stream, marker_));
    MAGNETITE_TRY(const Watermarks marks, watermarks(*ends));
    gone_ = marks.high < next_numbers_[i];
    if (gone_) return std::unexpected(went_back(i, marks.high));
    next_numbers_[i] = marks.high;
  }
  set_problem({});
  client_ = std::move(client);
  last_progress_ = now();
  back_off_ = kBackOffMin;
  queue_.accept();
  return {};
}

Error Sender::went_back(uint32_t sequencer, uint64_t number) const {
  return {ErrorCode::kFailedPrecondition,
          fmt::format("redis: sequencer {} of '{}' went back from number {} to {}: the server lost records", sequencer,
                      settings_.connection.stream, next_numbers_[sequencer], number)};
}

void Sender::run() {
  while (!stop_.is_notified() && !gone_) {
    if (client_ == nullptr) {
      reconnect();
    } else if (const auto done = exchange(); !done) {
      disconnect(done.error());
    }
  }
  const Error closed(ErrorCode::kShutdown, "the log is closed");
  if (client_ != nullptr) disconnect(closed);
  stop_.wait_until(executor_.clock(), kNever);  // where it is gone, refusing
  queue_.refuse(closed);
  while (const auto trim = take_trim()) trim->settle(std::unexpected(closed));
}

void Sender::reconnect() {
  const Error away(ErrorCode::kUnavailable, fmt::format("redis: no connection: {}", problem()));
  stop_.wait_until(executor_.clock(), std::min(retry_at_, queue_.first_expiry()));
  queue_.expire(away);
  if (stop_.is_notified() || now() < retry_at_) return;
  auto client = Client::connect({&executor_.clock(), settings_.connection, settings_.limits.request_timeout, &stop_});
  Result<> usable = client ? check_server(**client) : std::unexpected(client.error());
  if (usable) usable = establish(*std::move(client));
  if (usable) {
    log::info("redis: connected again",
              {{"server", settings_.connection.server.text()}, {"log", settings_.connection.stream}});
    return;
  }
  disconnect(usable.error());
}

Result<> Sender::exchange() {
  // Before anything is sent: a connection that the server closed is noticed while nothing is unclear.
  while (true) {
    MAGNETITE_TRY(const std::optional<Reply> reply, client_->try_receive());
    if (!reply) break;
    last_progress_ = now();
    if (sent_.empty()) return fail(ErrorCode::kUnavailable, "redis: an answer to nothing");
    MAGNETITE_RETURN_IF_ERROR(handle(**reply));
  }
  send_waiting();
  const uint64_t sent_before = client_->sent_bytes();
  MAGNETITE_RETURN_IF_ERROR(client_->send_some());
  if (client_->sent_bytes() != sent_before) last_progress_ = now();
  const RedisLimits& limits = settings_.limits;
  const MonoTime deadline = last_progress_ + (sent_.empty() ? limits.log_check_interval : limits.request_timeout);
  if (now() < deadline) return client_->wait(deadline, &wake_);
  if (!sent_.empty()) return fail(ErrorCode::kUnavailable, "redis: no answer in time");
  return {};
}

void Sender::send_waiting() {
  wake_.clear();
  const bool was_quiet = sent_.empty();
  send_appends();
  send_trims();
  if (sent_.empty() && last_progress_ + settings_.limits.log_check_interval <= now()) send_look();
  // An answer is due from now on, however long all was quiet.
  if (was_quiet && !sent_.empty()) last_progress_ = now();
}

void Sender::send_appends() {
  static constexpr std::string_view kAnyNumber = "1-*";  // kRecordMillis and the next one
  while (sent_.size() < kSentMax) {
    Sent sent;
    for (uint64_t bytes = 0; bytes < kTransactionBytesMax && sent.appends.size() < kTransactionAppendsMax;) {
      auto append = queue_.take();
      if (append == nullptr) break;
      if (sent.appends.empty()) client_->queue({"MULTI"});
      const EncodedEntry entry = encode_entry(append->headers, append->payload, append->written_at);
      std::vector<std::string_view> arguments = {"XADD", keys_[append->sequencer.value], "NOMKSTREAM", kAnyNumber};
      arguments.insert(arguments.end(), entry.arguments.begin(), entry.arguments.end());
      client_->queue(arguments);
      bytes += append->bytes;
      sent.appends.push_back(std::move(append));
    }
    if (sent.appends.empty()) return;
    client_->queue({"GET", marker_key(settings_.connection.stream)});
    client_->queue({"EXEC"});
    sent.end = client_->queued_bytes();
    sent_.push_back(std::move(sent));
  }
}

void Sender::send_trims() {
  while (sent_.size() < kSentMax) {
    auto trim = take_trim();
    if (trim == nullptr) return;
    // Never in advance: numbers above the tail are somebody's to come.
    const EntryId first{kRecordMillis, std::min(trim->first_needed, next_numbers_[trim->sequencer])};
    // Whole nodes, some at a time: it costs the server little, and it asks for the rest.
    client_->queue({"XTRIM", keys_[trim->sequencer], "MINID", "~", first.text()});
    sent_.push_back({.trim = std::move(trim), .end = client_->queued_bytes()});
  }
}

void Sender::send_look() {
  client_->queue({"GET", marker_key(settings_.connection.stream)});
  sent_.push_back({.end = client_->queued_bytes()});
}

Result<> Sender::handle(const redisReply& reply) {
  Sent& first = sent_.front();
  const size_t queued = first.appends.empty() ? 0 : first.appends.size() + 2;  // MULTI, the appends, GET
  if (first.replies_seen < queued) {
    ++first.replies_seen;
    if (is_error(reply) && !first.error) first.error = error_of(reply);
    return {};
  }
  const Sent sent = std::move(first);
  sent_.pop_front();
  if (!sent.appends.empty()) return handle_transaction(reply, sent);
  return sent.trim != nullptr ? handle_trim(reply, sent.trim) : handle_look(reply);
}

Result<> Sender::handle_transaction(const redisReply& reply, const Sent& sent) {
  const auto settle_all = [&](const Error& error) {
    append_failed_ = true;
    set_problem(error.message());
    for (const auto& append : sent.appends) queue_.settle(*append, std::unexpected(error));
  };
  if (is_error(reply) && text_of(reply).starts_with("EXECABORT")) {
    settle_all(sent.error.value_or(error_of(reply)));
    return {};
  }
  const size_t count = sent.appends.size();
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements != count + 1) {
    const Error error(ErrorCode::kUnavailable,
                      fmt::format("redis: an answer to EXEC that is none: {}", text_of(reply)));
    settle_all(unclear(error));
    return std::unexpected(error);
  }
  const Result<bool> is_same = is_same_log(*reply.element[count], marker_);
  Result<> done;
  for (size_t i = 0; i < count; ++i)
    if (auto each = handle_append(*reply.element[i], is_same.value_or(false), *sent.appends[i]); !each) done = each;
  if (!is_same) return std::unexpected(is_same.error());
  return *is_same ? done : std::unexpected(gone());
}

Result<> Sender::handle_append(const redisReply& reply, bool is_same_log, Append& append) {
  if (is_error(reply)) {
    const Error error = error_of(reply);
    set_problem(error.message());
    append_failed_ = true;
    queue_.settle(append, std::unexpected(error));
    return {};
  }
  if (reply.type == REDIS_REPLY_NIL) {
    const Error error = gone();
    queue_.settle(append, std::unexpected(error));
    return std::unexpected(error);
  }
  const uint32_t sequencer = append.sequencer.value;
  const std::optional<EntryId> id = parse_entry_id(text_of(reply));
  Result<> done;
  if (!id || id->millis != kRecordMillis) {
    done = fail(ErrorCode::kUnavailable, "redis: an answer to XADD that is none");
  } else if (id->sequence < next_numbers_[sequencer]) {
    gone_ = true;
    done = std::unexpected(went_back(sequencer, id->sequence));
  } else if (!is_same_log) {
    done = std::unexpected(log_is_gone(settings_.connection.stream, marker_));
  } else {
    if (std::exchange(append_failed_, false)) set_problem({});
    next_numbers_[sequencer] = id->sequence + 1;
    queue_.settle(append, StoredAt{{append.sequencer, {id->sequence}}, append.written_at});
    return {};
  }
  queue_.settle(append, std::unexpected(unclear(done.error())));
  return done;
}

Result<> Sender::handle_trim(const redisReply& reply, const std::shared_ptr<Trim>& trim) {
  if (is_error(reply)) {
    trim->settle(std::unexpected(error_of(reply)));
  } else if (reply.integer == 0) {
    trim->settle({});
  } else {
    request(trim);
  }
  return {};
}

Result<> Sender::handle_look(const redisReply& reply) {
  MAGNETITE_TRY(const bool is_same, is_same_log(reply, marker_));
  return is_same ? Result<>() : std::unexpected(gone());
}

Error Sender::gone() {
  gone_ = true;
  return log_is_gone(settings_.connection.stream, marker_);
}

void Sender::disconnect(const Error& error) {
  if (client_ != nullptr) {
    const uint64_t sent_bytes = client_->sent_bytes();
    std::deque<std::shared_ptr<Append>> not_sent;
    bool is_unclear = false;
    for (Sent& each : sent_) {
      if (each.trim != nullptr) each.trim->settle(std::unexpected(surely_not(error)));
      const bool is_whole = each.end <= sent_bytes;
      for (auto& append : each.appends) {
        if (is_whole) {
          queue_.settle(*append, std::unexpected(unclear(error)));
        } else {
          not_sent.push_back(std::move(append));  // without its EXEC a transaction does nothing
        }
      }
      is_unclear = is_unclear || (is_whole && !each.appends.empty());
    }
    sent_.clear();
    queue_.put_back(std::move(not_sent));
    if (is_unclear) old_clients_.push_back(client_->identity());
    client_.reset();
    back_off_ = kBackOffMin;
  } else {
    back_off_ = std::min(back_off_ * 2, kBackOffMax);
  }
  if (error.code() == ErrorCode::kShutdown) return;
  retry_at_ = now() + back_off_;
  if (problem() != error.message())
    log::warn(error.code() == ErrorCode::kFailedPrecondition ? "redis: appends are refused" : "redis: appends wait",
              {{"server", settings_.connection.server.text()},
               {"log", settings_.connection.stream},
               {"reason", error.message()}});
  set_problem(error.message());
  if (error.code() == ErrorCode::kFailedPrecondition) queue_.refuse(error);
}

void Sender::request(std::shared_ptr<Trim> trim) {
  {
    const MutexLock lock(mutex_);
    trims_.push_back(std::move(trim));
  }
  wake_.notify();
}

std::shared_ptr<Trim> Sender::take_trim() {
  const MutexLock lock(mutex_);
  if (trims_.empty()) return nullptr;
  auto first = std::move(trims_.front());
  trims_.pop_front();
  return first;
}

std::string Sender::problem() const {
  const MutexLock lock(mutex_);
  return problem_.empty() ? reported_ : problem_;
}

void Sender::set_problem(std::string problem) {
  const MutexLock lock(mutex_);
  problem_ = std::move(problem);
}

}  // namespace magnetite::write_buffer::redis
