// Brokers inside the process, on real sockets, which can be put out of order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "write_buffer/connection.h"

namespace magnetite::write_buffer::testing {

// Keeps topics in memory; can neither create them on request nor delete records. Outlives its clients.
class MockKafka {
 public:
  explicit MockKafka(int brokers = 1);
  ~MockKafka();

  std::string brokers() const;
  KafkaConnection connection() const;  // without a topic
  void create_topic(const std::string& topic, uint32_t partitions);
  // The next produce requests fail with these of librdkafka's error codes.
  void fail_produce(const std::vector<int>& errors);
  void fail_fetch(const std::vector<int>& errors);
  void set_down(bool down);  // all brokers
  // From now on its brokers send everybody to those of `other`, which has as many.
  void lead_to(const MockKafka& other);
  void set_leader(const std::string& topic, uint32_t partition, int broker);
  // One message as it is, past our writer. nullptr is a tombstone.
  void produce(const std::string& topic, uint32_t partition, const char* payload);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace magnetite::write_buffer::testing
