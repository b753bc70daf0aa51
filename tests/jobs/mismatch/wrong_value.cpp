// A value of another type.
#include "leat/jobs/copy_table.hpp"

void use() {
  const leat::CopyTable job(leat::CopyTableOptions{.source = "postgresql:///shop", .readers = "two"});
}
