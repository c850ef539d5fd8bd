// What every object store does, as tests. A program links conformance.cc and says which stores it has:
//   INSTANTIATE_TEST_SUITE_P(All, ObjectStoreConformance, ::testing::Values(...), name_of_kind);
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "object_store/object_store.h"

namespace magnetite::object_store::testing {

// A store and what it stands on.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual ObjectStore& store() = 0;
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make_empty;
  size_t many_objects = 2'100;  // more than two pages of any store
};

class ObjectStoreConformance : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override;
  ObjectStore& store() { return under_test_->store(); }
  void put(const std::vector<std::string>& parts);

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
};

inline std::string name_of_kind(const ::testing::TestParamInfo<StoreKind>& info) { return info.param.name; }
inline void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }

}  // namespace magnetite::object_store::testing
