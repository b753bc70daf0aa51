#include "leat/data/store/unit_reader.hpp"

#include <utility>

namespace leat {
namespace {

class WholeReader final : public UnitReader {
 public:
  explicit WholeReader(RowSource& rows) : rows_(rows) {}

  void read(const Unit&, const ReadOptions& options, UnitFeed& feed, const std::stop_token& stop) override {
    rows_.open(options, stop);
    while (auto batch = rows_.read(stop)) feed.write(std::move(*batch), stop);
  }
  [[nodiscard]] std::string name_of(const Unit&) const override { return {}; }

 private:
  RowSource& rows_;
};

}  // namespace

std::unique_ptr<UnitReader> whole_reader(RowSource& rows) {
  return std::make_unique<WholeReader>(rows);
}

}  // namespace leat
