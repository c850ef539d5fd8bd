#include "write_buffer/redis/cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace magnetite::write_buffer::redis {
namespace {

constexpr uint64_t kCountMax = 1024;
constexpr uint64_t kBatchBytesWanted = 2 << 20;
constexpr uint64_t kBatchBytesMax = 64 << 20;  // of several entries; a single one may be as large as it likes
constexpr Duration kBackOffMin = std::chrono::milliseconds(50);
constexpr Duration kBackOffMax = std::chrono::seconds(5);

uint64_t bytes_of(const std::vector<StreamEntry>& entries) {
  uint64_t bytes = 0;
  for (const StreamEntry& entry : entries)
    for (const auto& [name, value] : entry.fields) bytes += name.size() + value.size();
  return bytes;
}

}  // namespace

Cursor::Cursor(ReaderContext& context, uint32_t sequencer)
    : context_(context),
      sequencer_{sequencer},
      key_(stream_key(context.client.connection.stream, context.marker, sequencer)),
      back_off_(kBackOffMin) {}

void Cursor::seek(uint64_t number) {
  fetched_ = Position(number);
  delivered_ = number;
  batch_.clear();
  next_ = 0;
  look_is_due_ = true;
  lost_.reset();
  set_problem(gone_ ? gone_->message() : std::string());
}

Result<std::optional<SequencedRecord>> Cursor::next(MonoTime deadline) {
  bool has_looked = false;
  while (true) {
    if (gone_) return std::unexpected(*gone_);
    if (next_ < batch_.size()) return deliver();
    if (lost_) return std::unexpected(*lost_);
    const bool is_over = now() >= deadline;
    if (is_over && has_looked) return std::optional<SequencedRecord>();
    Result<> done = connect(deadline);
    if (done) {
      const bool looks = look_is_due_ || is_over;
      done = looks ? look() : wait_for_entries(deadline);
      has_looked = has_looked || looks;
      if (!done) react(done.error());
    }
    // A server that is away is waited for.
    const bool is_final = !done && !gone_ && !lost_ && done.error().code() != ErrorCode::kTooLarge;
    if (is_final && (done.error().code() != ErrorCode::kUnavailable || now() >= deadline))
      return std::unexpected(done.error());
  }
}

void Cursor::react(const Error& error) {
  if (gone_ || lost_) {
    set_problem(error.message());
  } else if (error.code() == ErrorCode::kTooLarge) {
    count_ = 1;
    client_.reset();
  } else {
    fail_connection(error);
  }
}

Result<SequencedRecord> Cursor::deliver() {
  const StreamEntry& entry = batch_[next_++];
  if (entry.id.millis == kRecordMillis) delivered_ = std::max(delivered_, entry.id.sequence + 1);
  auto record = decode_entry(sequencer_, entry.id, entry.fields);
  if (!record) ++context_.error_items;
  return record;
}

Result<> Cursor::connect(MonoTime deadline) {
  if (client_ != nullptr) return {};
  if (const MonoTime until = std::min(retry_at_, deadline); now() < until) context_.executor.pause(until - now());
  if (last_failure_ && now() < retry_at_) return std::unexpected(*last_failure_);
  auto client = Client::connect(context_.client);
  if (!client) {
    fail_connection(client.error());
    return std::unexpected(client.error());
  }
  client_ = *std::move(client);
  last_failure_.reset();
  look_is_due_ = true;
  return {};
}

// At one moment: is it the same log, where does it begin and end, and what comes next?
Result<> Cursor::look() {
  client_->queue({"MULTI"});
  client_->queue({"GET", marker_key(context_.client.connection.stream)});
  client_->queue({"EVAL_RO", kEndsScript, "1", key_});
  client_->queue({"XREAD", "COUNT", std::to_string(count_), "STREAMS", key_, fetched_.after().text()});
  client_->queue({"EXEC"});
  const MonoTime deadline = client_->request_deadline();
  for (int i = 0; i < 4; ++i) {
    MAGNETITE_TRY(const Reply queued, client_->receive(deadline));
    if (is_error(*queued)) return std::unexpected(error_of(*queued));
  }
  MAGNETITE_TRY(Reply reply, client_->receive(deadline, count_ > 1 ? kBatchBytesMax : UINT64_MAX));
  if (is_error(*reply)) return std::unexpected(error_of(*reply));
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
    return fail(ErrorCode::kUnavailable, "redis: an answer to EXEC that is none");
  MAGNETITE_TRY(const bool is_same, is_same_log(*reply->element[0], context_.marker));
  MAGNETITE_TRY(const std::optional<StreamEnds> ends, parse_ends(*reply->element[1]));
  if (!is_same || !ends) {
    gone_ = log_is_gone(context_.client.connection.stream, context_.marker);
    return std::unexpected(*gone_);
  }
  MAGNETITE_TRY(auto entries, parse_entries(*reply->element[2]));
  const auto first = entries.empty() ? std::nullopt : std::optional(entries.front().id);
  if (const auto whole = fetched_.compare(*ends, first); !whole) {
    lost_ = whole.error();
    return whole;
  }
  look_is_due_ = false;
  return take(std::move(reply), std::move(entries));
}

Result<> Cursor::wait_for_entries(MonoTime deadline) {
  constexpr int64_t kNanosOfMilli = 1'000'000;
  const Duration time = std::min(deadline - now(), context_.limits.log_check_interval);
  const int64_t millis = std::max<int64_t>(1, time.count() / kNanosOfMilli);
  client_->queue({"XREAD", "COUNT", std::to_string(count_), "BLOCK", std::to_string(millis), "STREAMS", key_,
                  fetched_.after().text()});
  MAGNETITE_TRY(Reply reply,
                client_->receive(client_->request_deadline() + time, count_ > 1 ? kBatchBytesMax : UINT64_MAX));
  MAGNETITE_TRY(auto entries, parse_entries(*reply));
  if (entries.empty() || !fetched_.is_continued_by(entries.front().id)) {
    look_is_due_ = true;
    return {};
  }
  return take(std::move(reply), std::move(entries));
}

Result<> Cursor::take(Reply reply, std::vector<StreamEntry> entries) {
  delivered_ = fetched_.next_number();
  const uint64_t bytes = bytes_of(entries);
  if (bytes > 2 * kBatchBytesWanted) {
    count_ = std::max<uint64_t>(1, count_ / 2);
  } else if (bytes < kBatchBytesWanted && entries.size() == count_) {
    count_ = std::min(count_ * 2, kCountMax);
  }
  for (const StreamEntry& entry : entries) fetched_.pass(entry.id);
  reply_ = std::move(reply);
  batch_ = std::move(entries);
  next_ = 0;
  back_off_ = kBackOffMin;
  set_problem({});
  return {};
}

// The connection is given up: what it may still send would be taken for an answer to something else.
void Cursor::fail_connection(const Error& error) {
  client_.reset();
  last_failure_ = error;
  retry_at_ = now() + back_off_;
  back_off_ = std::min(back_off_ * 2, kBackOffMax);
  set_problem(error.message());
}

std::string Cursor::problem() const {
  const MutexLock lock(mutex_);
  return problem_;
}

void Cursor::set_problem(std::string problem) {
  const MutexLock lock(mutex_);
  problem_ = std::move(problem);
}

}  // namespace magnetite::write_buffer::redis
