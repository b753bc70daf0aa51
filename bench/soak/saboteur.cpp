#include "saboteur.hpp"

#include <poll.h>

#include <exception>
#include <stdexcept>

namespace leat::soak {
namespace {

void pass_time(int milliseconds) {
  ::poll(nullptr, 0, milliseconds);
}

}  // namespace

Saboteur::Saboteur(Servers& servers, Sabotage sabotage, std::uint64_t seed)
    : servers_(servers), sabotage_(sabotage), random_(seed), thread_([this](const std::stop_token& stop) {
        try {
          work(stop);
        } catch (const std::exception& error) {
          failure_ = error.what();
        }
      }) {}

int Saboteur::finish() {
  thread_.request_stop();
  thread_.join();
  if (!failure_.empty()) throw std::runtime_error("the saboteur: " + failure_);
  return ended_;
}

void Saboteur::work(const std::stop_token& stop) {
  std::uniform_int_distribution<int> moment(0, 150);
  const std::string copying = std::string(
                                  "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity "
                                  "WHERE state = 'active' AND query LIKE 'COPY%' AND "
                                  "application_name = '") +
                              application + "'";
  while (!stop.stop_requested() && servers_.ask(sabotage_.side, copying) == "0") pass_time(5);
  while (!stop.stop_requested() && ended_ < sabotage_.most) {
    pass_time(moment(random_));
    if (!end_one(sabotage_.only_copying || ended_ == 0)) continue;
    ++ended_;
    if (sabotage_.moves_source) servers_.src("SELECT pg_catalog.txid_current()");
  }
}

bool Saboteur::end_one(bool only_copying) {
  return servers_.ask(
             sabotage_.side,
             std::string("SELECT pg_catalog.count(NULLIF(pg_catalog.pg_terminate_backend(pid), false)) "
                         "FROM (SELECT pid FROM pg_catalog.pg_stat_activity WHERE application_name = '") +
                 application + "'" + (only_copying ? " AND state = 'active' AND query LIKE 'COPY%'" : "") +
                 " ORDER BY pg_catalog.random() LIMIT 1) AS s") == "1";
}

}  // namespace leat::soak
