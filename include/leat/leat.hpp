#pragma once

// Everything. Smaller headers compile faster; each of these stands alone.

#include "leat/core/bytes.hpp"
#include "leat/core/concurrent_monitor.hpp"
#include "leat/core/consumer.hpp"
#include "leat/core/error.hpp"
#include "leat/core/log.hpp"
#include "leat/core/monitor.hpp"
#include "leat/core/pool_group.hpp"
#include "leat/core/producer.hpp"
#include "leat/core/progress.hpp"
#include "leat/data/codecs.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/row_builder.hpp"
#include "leat/data/row_view.hpp"
#include "leat/data/schema.hpp"
#include "leat/jobs/ad_hoc_query.hpp"
#include "leat/jobs/copy_table.hpp"
#include "leat/postgres/connection.hpp"
#include "leat/postgres/connection_factory.hpp"
#include "leat/postgres/connection_pool.hpp"

#include "leat/postgres/copy_reader.hpp"
#include "leat/postgres/copy_writer.hpp"
#include "leat/postgres/cursor.hpp"
#include "leat/postgres/pqxx.hpp"
#include "leat/postgres/table_manager.hpp"
