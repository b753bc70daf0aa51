// Uses leat::core alone: one item through a monitor.
#include <leat/core/bytes.hpp>
#include <leat/core/monitor.hpp>

int main() {
  leat::Monitor<int> monitor({.items = 4});
  auto producer = monitor.register_producer();
  monitor.write(42, {});
  producer.sign_off();
  return monitor.read({}) == 42 && !monitor.read({}) && leat::parse_bytes("1KiB").count() == 1024 ? 0 : 1;
}
