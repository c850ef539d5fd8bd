// What every write buffer must do, whatever it is made of:
//
//   const LogKind kFile{"file", [](Executor& executor, uint32_t sequencers) -> std::unique_ptr<LogUnderTest> {...}};
//   INSTANTIATE_TEST_SUITE_P(File, WriteBufferConformance, ::testing::Values(kFile));
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer::testing {

enum class Creation : uint8_t { kForbidden, kAllowed };

// A place for one isolated log, which need not exist yet; outlives its clients.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual Result<std::shared_ptr<Writer>> open_writer(Creation creation) = 0;
  virtual Result<std::shared_ptr<Reader>> open_reader(Creation creation) = 0;
  // Something that is no record of ours, as a next item. Only of kinds that WriteBufferForeignRecords is run over.
  virtual void put_foreign(model::SequencerId) { FAIL(); }
};

struct LogKind {
  const char* name;
  std::unique_ptr<LogUnderTest> (*make)(Executor&, uint32_t sequencers);
  bool one_process = false;  // only one client at a time may open it
};
void PrintTo(const LogKind& kind, std::ostream* out);

// OS threads, and a wall clock that can be put forward and back.
class ShiftedExecutor final : public Executor, private Clock {
 public:
  Clock& clock() override { return *this; }
  Task spawn(std::string name, std::move_only_function<void()> body) override {
    return threads_->spawn(std::move(name), std::move(body));
  }
  void yield() override { threads_->yield(); }
  std::unique_ptr<Signal::Impl> make_signal() override { return threads_->make_signal(); }
  void shift_wall_clock(Duration by) { shift_nanos_ = by.count(); }

 private:
  WallTime wall_now() const override { return {system_clock().wall_now().nanos + shift_nanos_}; }
  MonoTime mono_now() const override { return system_clock().mono_now(); }

  const std::unique_ptr<Executor> threads_ = make_thread_executor();
  std::atomic<int64_t> shift_nanos_ = 0;
};

class WriteBufferConformance : public ::testing::TestWithParam<LogKind> {
 protected:
  void make(uint32_t sequencers) {
    log_ = GetParam().make(executor_, sequencers);
    writer_ = make_writer();
  }
  std::shared_ptr<Writer> make_writer() { return log_->open_writer(Creation::kAllowed).value(); }
  std::shared_ptr<Reader> make_reader() { return log_->open_reader(Creation::kAllowed).value(); }
  MonoTime soon() { return now() + std::chrono::seconds(60); }
  MonoTime now() { return executor_.clock().mono_now(); }

  StoredAt store(std::string_view payload, uint32_t sequencer = 0);
  // The next payload, which must come.
  std::string read(Stream& stream);
  bool is_pending(Stream& stream);
  // Everything a new reader finds now, in order.
  std::vector<std::string> read_all(uint32_t sequencer = 0);

  ShiftedExecutor executor_;
  std::unique_ptr<LogUnderTest> log_;
  std::shared_ptr<Writer> writer_;
};

// For kinds that are created by their first client when that is allowed.
class WriteBufferCreation : public WriteBufferConformance {};

// For kinds that others can write to.
class WriteBufferForeignRecords : public WriteBufferConformance {};

}  // namespace magnetite::write_buffer::testing
