#include "write_buffer/kafka/testing/mock_kafka.h"

#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <algorithm>
#include <variant>

#include "write_buffer/kafka/client.h"
#include "write_buffer/kafka/testing/raw_kafka.h"

namespace magnetite::write_buffer::testing {

class MockKafka::Impl {
 public:
  explicit Impl(int count) : brokers(count) {
    rd_kafka_conf_t* options = rd_kafka_conf_new();
    rd_kafka_conf_set(options, "log_level", "0", nullptr, 0);
    handle.reset(rd_kafka_new(RD_KAFKA_PRODUCER, options, nullptr, 0));
    cluster.reset(rd_kafka_mock_cluster_new(handle.get(), count));
    // The cluster names broker 0 its controller, and makes none of that number by itself.
    rd_kafka_mock_broker_add(cluster.get(), 0);
  }
  const int brokers;
  kafka::Client handle;
  kafka::Owned<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster;  // before its handle
};

MockKafka::MockKafka(int brokers) : impl_(std::make_unique<Impl>(brokers)) {}
MockKafka::~MockKafka() = default;

std::string MockKafka::brokers() const { return rd_kafka_mock_cluster_bootstraps(impl_->cluster.get()); }

KafkaConnection MockKafka::connection() const {
  return std::get<KafkaConnection>(parse_connection("kafka://" + brokers()).value());
}

void MockKafka::create_topic(const std::string& topic, uint32_t partitions) {
  ASSERT_EQ(rd_kafka_mock_topic_create(impl_->cluster.get(), topic.c_str(), static_cast<int>(partitions), 1),
            RD_KAFKA_RESP_ERR_NO_ERROR);
}

namespace {
constexpr int16_t kProduceRequest = 0;
constexpr int16_t kFetchRequest = 1;

void push_errors(rd_kafka_mock_cluster_t* cluster, int16_t request, const std::vector<int>& errors) {
  std::vector<rd_kafka_resp_err_t> codes;
  for (const int error : errors) codes.push_back(static_cast<rd_kafka_resp_err_t>(error));
  rd_kafka_mock_push_request_errors_array(cluster, request, codes.size(), codes.data());
}
}  // namespace

void MockKafka::fail_produce(const std::vector<int>& errors) {
  push_errors(impl_->cluster.get(), kProduceRequest, errors);
}
void MockKafka::fail_fetch(const std::vector<int>& errors) { push_errors(impl_->cluster.get(), kFetchRequest, errors); }

void MockKafka::set_down(bool down) {
  for (int broker = 0; broker <= impl_->brokers; ++broker)
    ASSERT_EQ(down ? rd_kafka_mock_broker_set_down(impl_->cluster.get(), broker)
                   : rd_kafka_mock_broker_set_up(impl_->cluster.get(), broker),
              RD_KAFKA_RESP_ERR_NO_ERROR);
}

void MockKafka::lead_to(const MockKafka& other) {
  const std::vector<HostPort> addresses = other.connection().brokers;
  ASSERT_EQ(static_cast<int>(addresses.size()), impl_->brokers);
  for (int broker = 0; broker <= impl_->brokers; ++broker) {
    const HostPort& address = addresses[static_cast<size_t>(std::max(broker - 1, 0))];
    rd_kafka_mock_broker_set_host_port(impl_->cluster.get(), broker, address.host.c_str(), address.port);
  }
}

void MockKafka::set_leader(const std::string& topic, uint32_t partition, int broker) {
  ASSERT_EQ(
      rd_kafka_mock_partition_set_leader(impl_->cluster.get(), topic.c_str(), static_cast<int32_t>(partition), broker),
      RD_KAFKA_RESP_ERR_NO_ERROR);
}

void MockKafka::produce(const std::string& topic, uint32_t partition, const char* payload) {
  produce_raw(brokers(), topic, partition, payload);
}

}  // namespace magnetite::write_buffer::testing
