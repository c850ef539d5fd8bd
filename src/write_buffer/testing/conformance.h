// What every write buffer must do, whatever it is made of:
//
//   INSTANTIATE_TEST_SUITE_P(File, WriteBufferConformance, testing::Values([](Executor& executor, uint32_t sequencers)
//   {
//     return std::unique_ptr<LogUnderTest>(...);
//   }));
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer::testing {

// One isolated log and its clients; outlives them.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual std::shared_ptr<Writer> make_writer() = 0;
  virtual std::unique_ptr<Reader> make_reader() = 0;
};
using MakeLog = std::unique_ptr<LogUnderTest> (*)(Executor&, uint32_t sequencers);

class WriteBufferConformance : public ::testing::TestWithParam<MakeLog> {
 protected:
  void make(uint32_t sequencers) {
    log_ = GetParam()(*executor_, sequencers);
    writer_ = log_->make_writer();
  }
  MonoTime soon() { return executor_->clock().mono_now() + std::chrono::seconds(60); }
  MonoTime now() { return executor_->clock().mono_now(); }

  StoredAt store(std::string_view payload, uint32_t sequencer = 0);
  // The next payload, which must come.
  std::string read(Stream& stream);
  bool is_pending(Stream& stream);
  // Everything a new reader finds now, in order.
  std::vector<std::string> read_all(uint32_t sequencer = 0);

  std::unique_ptr<Executor> executor_ = make_thread_executor();
  std::unique_ptr<LogUnderTest> log_;
  std::shared_ptr<Writer> writer_;
};

}  // namespace magnetite::write_buffer::testing
