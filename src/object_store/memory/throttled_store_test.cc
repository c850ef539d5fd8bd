#include "object_store/memory/throttled_store.h"

#include <gmock/gmock.h>

#include "base/sim/sim_executor.h"
#include "object_store/memory/memory_store.h"
#include "object_store/testing/text.h"

namespace magnetite::object_store {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::bytes;

const ObjectPath kPath({"a", "x"});

// How long `calls` take, in simulated time, on a store that has `kPath` of five bytes.
template <class Calls>
Duration time_of(Throttle throttle, Calls calls) {
  sim::SimExecutor executor(1);
  auto inner = make_memory_store(executor.clock());
  EXPECT_TRUE(inner->put(kPath, bytes("hello")));
  const auto store = make_throttled_store(std::move(inner), executor, throttle);
  Duration taken{};
  executor.run([&] {
    const MonoTime start = executor.clock().mono_now();
    calls(*store);
    taken = executor.clock().mono_now() - start;
  });
  return taken;
}

TEST(ThrottledStore, WithoutAThrottleNothingTakesTime) {
  EXPECT_EQ(time_of({},
                    [](ObjectStore& store) {
                      EXPECT_TRUE(store.check());
                      EXPECT_TRUE(store.put(kPath, bytes("x")));
                      EXPECT_TRUE(store.get(kPath));
                      EXPECT_TRUE(store.list({}));
                    }),
            Duration::zero());
}

TEST(ThrottledStore, EachCallTakesItsTime) {
  const Throttle throttle{.call = milliseconds(10)};
  const std::vector<std::function<void(ObjectStore&)>> calls = {
      [](ObjectStore& store) { EXPECT_TRUE(store.check()); },
      [](ObjectStore& store) { EXPECT_TRUE(store.put(kPath, bytes("x"))); },
      [](ObjectStore& store) { EXPECT_FALSE(store.put_if_absent(kPath, bytes("x"))); },
      [](ObjectStore& store) { EXPECT_TRUE(store.start_put(kPath)); },
      [](ObjectStore& store) { EXPECT_TRUE(store.get(kPath)); },
      [](ObjectStore& store) { EXPECT_FALSE(store.get(ObjectPath({"missing"}))); },
      [](ObjectStore& store) { EXPECT_TRUE(store.get_range(kPath, 1, 2)); },
      [](ObjectStore& store) { EXPECT_TRUE(store.size(kPath)); },
      [](ObjectStore& store) { EXPECT_TRUE(store.remove(kPath)); },
      [](ObjectStore& store) { EXPECT_TRUE(store.list_page({})); },
  };
  for (size_t i = 0; i < calls.size(); ++i) EXPECT_EQ(time_of(throttle, calls[i]), milliseconds(10)) << i;
}

TEST(ThrottledStore, BytesTakeTimeBothWays) {
  const Throttle throttle{.byte = nanoseconds(3)};
  EXPECT_EQ(time_of(throttle, [](ObjectStore& store) { EXPECT_TRUE(store.put(kPath, bytes("1234"))); }),
            nanoseconds(12));
  EXPECT_EQ(time_of(throttle, [](ObjectStore& store) { EXPECT_TRUE(store.get(kPath)); }), nanoseconds(15));
  EXPECT_EQ(time_of(throttle, [](ObjectStore& store) { EXPECT_TRUE(store.get_range(kPath, 0, 2)); }), nanoseconds(6));
  EXPECT_EQ(time_of(throttle,
                    [](ObjectStore& store) {
                      const auto writer = store.start_put(kPath).value();
                      EXPECT_TRUE(writer->append(bytes("12")));
                      EXPECT_TRUE(writer->append(bytes("34")));
                      EXPECT_TRUE(writer->commit());
                    }),
            nanoseconds(12));
}

TEST(ThrottledStore, ListedEntriesTakeTimeByTheThousand) {
  const Throttle throttle{.thousand_listed_entries = milliseconds(7)};
  EXPECT_EQ(time_of(throttle, [](ObjectStore& store) { EXPECT_TRUE(store.list_page({})); }), milliseconds(7));
  EXPECT_EQ(
      time_of(throttle, [](ObjectStore& store) { EXPECT_TRUE(store.list_page({.folder = ObjectPath({"none"})})); }),
      milliseconds(0));
  EXPECT_EQ(time_of(throttle,
                    [](ObjectStore& store) {
                      for (int i = 0; i < 1'500; ++i)
                        EXPECT_TRUE(store.put(ObjectPath({"b", std::to_string(i)}), bytes("x")));
                      EXPECT_EQ(store.list(ObjectPath({"b"})).value().size(), 1'500u);
                    }),
            milliseconds(14));
}

}  // namespace
}  // namespace magnetite::object_store
