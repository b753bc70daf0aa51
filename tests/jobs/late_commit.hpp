#pragma once

#include "bed.hpp"

namespace leat::test {

/// Makes the COMMIT of the table's row 1 last until somebody cancels it, and succeed then.
inline void add_commit_that_ends_by_cancel(const Bed& bed) {
  bed.dst(
      "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; "
      "EXCEPTION WHEN query_canceled THEN RETURN NULL; END'; CREATE CONSTRAINT TRIGGER late AFTER INSERT ON "
      "t "
      "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id = 1) EXECUTE FUNCTION late()");
}

}  // namespace leat::test
