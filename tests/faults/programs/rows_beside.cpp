// A job whose row hook writes into a table beside, as a process that can be killed.
//
// Usage: leat_test_rows_beside SOURCE TARGET FROM [JOB]
//   copies FROM (id int, v text) into the target's t, and of each row one, of those of every third id another
//   one, into its table beside (id int, v text). Without JOB it is one transaction. It prints its peak of
//   memory in KiB.
#include <sys/resource.h>

#include <iostream>
#include <string>
#include <string_view>

#include "leat/jobs/copy_table.hpp"
#include "leat/transform/transform.hpp"

namespace {

auto write_beside(const leat::HookColumns& columns) {
  return [id = columns.input().field<std::int32_t>("id"), v = columns.input().field<std::string_view>("v"),
          beside = columns.beside("beside")](const leat::RowView& row, leat::RowOutput& out) {
    out.copy_matching(row);
    out.to(beside).add_row(row.get(id), row.get(v));
    if (row.get(id) % 3 == 0) out.to(beside).add_row(row.get(id), "again");
  };
}

leat::CopyTableOptions copy(char** words) {
  return {.source = words[1],
          .target = words[2],
          .table = {.from = words[3], .to = "public.t"},
          .mode = leat::WriteMode::append,
          .transform = leat::Transform::shaped(
              [](const leat::Schema& columns) {
                return leat::RowShape::of(columns).with_beside("beside", columns.columns());
              },
              write_beside),
          .stream = {.application_name = "leat-test-job", .memory = leat::ByteCount{8U << 20U}}};
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4 && argc != 5) return 2;
  leat::CopyTableOptions options = copy(argv);
  if (argc == 5) {
    options.table.map = {{"v", "slow(v, id)"}};
    options.stream.batch_bytes = leat::ByteCount{6U << 10U};
    options.delivery = {.job = argv[4], .on_lost_snapshot = leat::OnLostSnapshot::carry_on};
    options.readers = options.writers = 2;
    options.slice_bytes = leat::ByteCount{24U << 10U};
  }
  leat::CopyTable(options).run();
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return 1;
  std::cout << used.ru_maxrss << '\n';
} catch (const leat::Error& error) {
  std::cerr << error << '\n';
  return 1;
}
