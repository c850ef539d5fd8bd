#include "write_buffer/testing/sim_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace magnetite::write_buffer::testing {

using model::SequenceNumber;
using model::SequencerId;

size_t Ledger::add(SequencerId sequencer, std::string payload) {
  attempts_[sequencer].push_back({std::move(payload)});
  return attempts_[sequencer].size() - 1;
}

void Ledger::settle(SequencerId sequencer, size_t attempt, const std::optional<Result<StoredAt>>& outcome) {
  Attempt& settled = attempts_[sequencer][attempt];
  if (outcome && *outcome) {
    settled.state = State::kStored;
    settled.number = (*outcome)->sequence.number.value;
  } else if (outcome && outcome->error().code() != ErrorCode::kUnclear) {
    settled.state = State::kNotStored;
  }
}

void Ledger::trim(SequencerId sequencer, uint64_t below) {
  for (Attempt& attempt : attempts_[sequencer])
    if (attempt.state == State::kStored && attempt.number < below) attempt.state = State::kTrimmed;
}

void Ledger::stored_may_be_lost() {
  for (auto& [sequencer, attempts] : attempts_)
    for (Attempt& attempt : attempts)
      if (attempt.state == State::kStored) attempt.state = State::kOpen;
}

size_t Ledger::count(State state) const {
  size_t count = 0;
  for (const auto& [sequencer, attempts] : attempts_)
    count += static_cast<size_t>(std::ranges::count(attempts, state, &Attempt::state));
  return count;
}

std::string Ledger::judge(SequencerId sequencer, const std::vector<SequencedRecord>& records) const {
  const auto at = attempts_.find(sequencer);
  const Attempts attempts = at == attempts_.end() ? Attempts() : at->second;
  size_t next = 0;
  uint64_t number_min = 0;
  for (const SequencedRecord& record : records) {
    const uint64_t number = record.stored_at.sequence.number.value;
    const std::string what = fmt::format("{}/{} \"{}\"", sequencer.value, number, record.payload.substr(0, 12));
    if (number < number_min) return what + " has a number below its predecessor's";
    number_min = number + 1;
    for (; next < attempts.size() && attempts[next].payload != record.payload; ++next)
      if (attempts[next].state == State::kStored)
        return fmt::format("{}/{} is lost", sequencer.value, attempts[next].number);
    if (next == attempts.size()) return what + " was never written, or not here";
    const Attempt& attempt = attempts[next++];
    if (attempt.state == State::kNotStored) return what + " was reported as not stored";
    if (attempt.state == State::kStored && attempt.number != number)
      return fmt::format("{} was given the number {}", what, attempt.number);
  }
  for (; next < attempts.size(); ++next)
    if (attempts[next].state == State::kStored)
      return fmt::format("{}/{} is lost", sequencer.value, attempts[next].number);
  return {};
}

Result<> World::open() {
  FileLogOptions options;
  options.folder = kFolder;
  options.sequencer_count = kSequencers;
  options.sync = sync_;
  options.segment_bytes = kSegmentBytes;
  MAGNETITE_TRY(log, FileLog::open(disk, executor, std::move(options)));
  return {};
}

Result<> World::write(const std::vector<size_t>& payload_bytes) {
  struct Pending {
    SequencerId sequencer;
    size_t attempt;
    std::string payload;
    std::shared_ptr<PendingAppend> append;
  };
  std::vector<Pending> pending(payload_bytes.size());
  Result<> last;
  for (size_t i = 0; i < payload_bytes.size(); ++i) {
    Pending& each = pending[i];
    each.sequencer = SequencerId{appends_ % kSequencers};
    each.payload = fmt::format("{:06}", appends_++);
    each.payload.resize(std::max(each.payload.size(), payload_bytes[i]), static_cast<char>('a' + appends_ % 26));
    each.attempt = ledger.add(each.sequencer, each.payload);
    auto append = log->writer().append(each.sequencer, {{{"k", "v"}}, each.payload});
    if (append)
      each.append = *std::move(append);
    else
      ledger.settle(each.sequencer, each.attempt, std::unexpected(append.error()));
    last = append.transform([](const auto&) {});
  }
  for (const Pending& each : pending) {
    if (each.append == nullptr) continue;
    const auto outcome = each.append->wait_until(executor.clock().mono_now() + std::chrono::minutes(1));
    ledger.settle(each.sequencer, each.attempt, outcome);
    last = outcome ? outcome->transform([](const StoredAt&) {}) : fail(ErrorCode::kUnclear, "no outcome");
  }
  return last;
}

void World::trim() {
  const auto reader = log->make_reader().value();
  for (const SequencerId sequencer : reader->sequencer_ids()) {
    const uint64_t high = reader->high_watermark(sequencer).value().value;
    const uint64_t needed = high - std::min<uint64_t>(high, 2);
    ledger.trim(sequencer, needed);
    static_cast<void>(log->writer().trim(sequencer, SequenceNumber{needed}));
  }
}

std::vector<SequencedRecord> World::read(SequencerId sequencer) {
  std::vector<SequencedRecord> records;
  const auto reader = log->make_reader().value();
  const Streams streams = reader->streams().value();
  while (auto record = streams.at(sequencer)->next(executor.clock().mono_now()).value())
    records.push_back(*std::move(record));
  return records;
}

std::string World::judge() {
  for (uint32_t i = 0; i < kSequencers; ++i)
    if (std::string problem = ledger.judge(SequencerId{i}, read(SequencerId{i})); !problem.empty()) return problem;
  return {};
}

void World::work() {
  const auto reopen = [this] {
    log.reset();
    for (int attempt = 0; attempt < 3; ++attempt)
      if (open()) return true;
    return false;
  };
  if (!reopen()) return;
  static_cast<void>(write({10}));
  static_cast<void>(write({40, 5, 60}));
  executor.pause(std::chrono::seconds(2));  // the synced offset is recorded
  static_cast<void>(write({200}));
  static_cast<void>(write({5'000, 20}));
  static_cast<void>(write({20'000}));  // larger than a segment
  static_cast<void>(write({30, 30, 30, 30}));
  trim();
  static_cast<void>(write({9'000}));
  executor.pause(std::chrono::minutes(1));  // the file is closed
  static_cast<void>(write({100, 100}));
  if (!reopen()) return;
  static_cast<void>(write({50}));
  static_cast<void>(write({300, 10}));
  for (int round = 0; round < 3; ++round) {  // trimmed segments are used again, and again
    trim();
    static_cast<void>(write({9'000, 20}));
    static_cast<void>(write({7'000}));
  }
}

}  // namespace magnetite::write_buffer::testing
