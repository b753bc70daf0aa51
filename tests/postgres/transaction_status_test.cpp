#include "leat/postgres/session/transaction_status.hpp"

#include "server.hpp"
#include "support/catch.hpp"

using leat::current_transaction_id;
using leat::ErrorKind;
using leat::transaction_status;
using leat::TransactionStatus;

TEST_CASE("transaction status: committed, aborted, and in progress until it is one of them",
          "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto session = TestServer::instance().connect();
  session.begin();
  const auto committed = current_transaction_id(session);
  CHECK(committed == current_transaction_id(session));
  CHECK(transaction_status(observer, committed) == TransactionStatus::in_progress);
  session.commit();
  CHECK(transaction_status(observer, committed) == TransactionStatus::committed);
  session.begin();
  const auto aborted = current_transaction_id(session);
  CHECK(aborted > committed);
  session.abort();
  CHECK(eventually([&] { return transaction_status(observer, aborted) == TransactionStatus::aborted; }));
}

TEST_CASE("transaction status: numbers that the server has not given, or has forgotten, are unknown",
          "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  CHECK(transaction_status(observer, 1'000'000'000'000) == TransactionStatus::unknown);
  CHECK(transaction_status(observer, 0) == TransactionStatus::unknown);
  CHECK(observer.is_idle());
  CHECK(to_string(TransactionStatus::in_progress) == "in_progress");
}

TEST_CASE("transaction status: outside of a transaction there is no number", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  CHECK(error_of([&] { static_cast<void>(current_transaction_id(session)); }).kind() == ErrorKind::config);
}
