// What others do to a cluster, past our writer and reader.
#pragma once

#include <cstdint>
#include <string>

#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer::testing {

// One message, on stable storage when this returns. nullptr is a tombstone.
void produce_raw(const std::string& brokers, const std::string& topic, uint32_t partition, const char* payload);

struct RawMessage {
  std::string payload;
  Headers headers;
  bool has_key = false;
};
// What lies at an offset, as any other program sees it.
RawMessage consume_raw(const std::string& brokers, const std::string& topic, uint32_t partition, int64_t offset);

// Fails where the topic exists. `settings` of the topic: name and value.
void create_topic(const std::string& brokers, const std::string& topic, uint32_t partitions, const Headers& settings);
void delete_topic(const std::string& brokers, const std::string& topic);
void grow_topic(const std::string& brokers, const std::string& topic, uint32_t partitions);
void delete_records(const std::string& brokers, const std::string& topic, uint32_t partition, int64_t below);

// Returns when the outcome is final.
enum class Transaction : uint8_t { kCommitted, kAborted };
void produce_in_transaction(const std::string& brokers, const std::string& topic, uint32_t partition,
                            const char* payload, Transaction end);

}  // namespace magnetite::write_buffer::testing
