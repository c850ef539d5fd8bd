#include "object_store/memory/throttled_store.h"

namespace magnetite::object_store {
namespace {

class ThrottledStore final : public ObjectStore {
 public:
  ThrottledStore(std::unique_ptr<ObjectStore> inner, Executor& executor, Throttle throttle)
      : inner_(std::move(inner)), executor_(executor), throttle_(throttle) {}

  std::string description() const override { return inner_->description() + ", throttled"; }
  Result<> check() override {
    wait();
    return inner_->check();
  }
  Result<> put(const ObjectPath& path, std::span<const std::byte> bytes) override {
    wait(bytes.size());
    return inner_->put(path, bytes);
  }
  Result<> put_if_absent(const ObjectPath& path, std::span<const std::byte> bytes) override {
    wait(bytes.size());
    return inner_->put_if_absent(path, bytes);
  }
  Result<std::unique_ptr<ObjectWriter>> start_put(const ObjectPath& path) override {
    wait();
    MAGNETITE_TRY(std::unique_ptr<ObjectWriter> writer, inner_->start_put(path));
    return std::make_unique<Writer>(*this, std::move(writer));
  }
  Result<Bytes> get(const ObjectPath& path) override {
    auto bytes = inner_->get(path);
    wait(bytes ? bytes->size() : 0);
    return bytes;
  }
  Result<Bytes> get_range(const ObjectPath& path, uint64_t offset, uint64_t size) override {
    auto bytes = inner_->get_range(path, offset, size);
    wait(bytes ? bytes->size() : 0);
    return bytes;
  }
  Result<uint64_t> size(const ObjectPath& path) override {
    wait();
    return inner_->size(path);
  }
  Result<> remove(const ObjectPath& path) override {
    wait();
    return inner_->remove(path);
  }
  Result<ListPage> list_page(const ListRequest& request) override {
    auto page = inner_->list_page(request);
    const size_t entries = page ? page->objects.size() + page->folders.size() : 0;
    pause(throttle_.call + throttle_.thousand_listed_entries * ((entries + 999) / 1000));
    return page;
  }

 private:
  class Writer final : public ObjectWriter {
   public:
    Writer(ThrottledStore& store, std::unique_ptr<ObjectWriter> inner) : store_(store), inner_(std::move(inner)) {}

   private:
    Result<> write(std::span<const std::byte> bytes) override {
      store_.wait(bytes.size());
      return inner_->append(bytes);
    }
    Result<> finish() override {
      store_.wait();
      return inner_->commit();
    }

    ThrottledStore& store_;
    const std::unique_ptr<ObjectWriter> inner_;
  };

  void wait(size_t bytes = 0) { pause(throttle_.call + throttle_.byte * bytes); }
  void pause(Duration delta) {
    if (delta > Duration::zero()) executor_.pause(delta);
  }

  const std::unique_ptr<ObjectStore> inner_;
  Executor& executor_;
  const Throttle throttle_;
};

}  // namespace

std::unique_ptr<ObjectStore> make_throttled_store(std::unique_ptr<ObjectStore> inner, Executor& executor,
                                                  Throttle throttle) {
  return std::make_unique<ThrottledStore>(std::move(inner), executor, throttle);
}

}  // namespace magnetite::object_store
