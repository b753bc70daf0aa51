#pragma once

namespace leat::test {

/// A database with one of each kind that a dump knows. Needs the roles clone_owner and clone_reader.
inline constexpr const char* one_of_each_kind = R"sql(
CREATE EXTENSION hstore; 
CREATE SCHEMA "Mixed Case" AUTHORIZATION clone_owner;
COMMENT ON SCHEMA "Mixed Case" IS 'it''s mixed';
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN small AS int CHECK (VALUE < 1000000);
CREATE TYPE pair AS (a int, b text);
CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i * 2';
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO audit VALUES (TG_TABLE_NAME); RETURN NEW; END$$;
CREATE TABLE audit (what text);
CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 5) PRIMARY KEY, name text NOT NULL, mood mood DEFAULT 'ok', p pair, tags hstore, doubled int GENERATED ALWAYS AS (id::int * 2) STORED, amount small, UNIQUE (name));
COMMENT ON COLUMN customers.name IS 'the name';
CREATE TABLE orders (id serial PRIMARY KEY, customer bigint REFERENCES customers DEFERRABLE, day date NOT NULL, price numeric(10,2) CHECK (price >= 0), note text, EXCLUDE USING gist (box(point(id, id), point(id, id)) WITH &&));
CREATE INDEX orders_day ON orders (day DESC) INCLUDE (price) WHERE price > 10;
CREATE INDEX orders_expr ON orders (twice(id));
CREATE INDEX "odd index name" ON orders (note);
CREATE STATISTICS orders_stat ON customer, day FROM orders;
CREATE TRIGGER orders_note AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE orders DISABLE TRIGGER orders_note;
CREATE TABLE parts (id int, k text, v text, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
CREATE TABLE parts_b PARTITION OF parts FOR VALUES IN ('b') PARTITION BY RANGE (id);
CREATE TABLE parts_b1 PARTITION OF parts_b FOR VALUES FROM (0) TO (1000);
CREATE TABLE "Mixed Case"."Parts Rest" PARTITION OF parts DEFAULT;
CREATE INDEX parts_v ON parts (v);
CREATE TABLE refs (id int, k text, FOREIGN KEY (id, k) REFERENCES parts);
CREATE TRIGGER parts_note AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION note();
CREATE TABLE cities (name text, people int);
CREATE TABLE capitals (country text UNIQUE) INHERITS (cities);
CREATE UNLOGGED TABLE quick (id int);
CREATE TABLE nothing_in_it (id int, v text);
CREATE TABLE no_columns ();
CREATE TABLE only_generated (g int GENERATED ALWAYS AS (7) STORED);
CREATE TABLE "Mixed Case"."T.able""*" ("Col umn" text, "select" int);
CREATE TABLE dropped_column (a int, b text, c int); ALTER TABLE dropped_column DROP COLUMN b;
CREATE TABLE secrets (id int, owner text);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY; ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets FOR SELECT TO clone_reader USING (owner = current_user);
ALTER TABLE secrets OWNER TO clone_owner;
GRANT SELECT ON secrets, customers TO clone_reader; GRANT UPDATE (name) ON customers TO clone_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE clone_owner GRANT SELECT ON TABLES TO clone_reader;
CREATE VIEW order_view AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer;
CREATE RULE order_rule AS ON DELETE TO order_view DO INSTEAD NOTHING;
CREATE MATERIALIZED VIEW totals AS SELECT day, sum(price) AS price FROM orders GROUP BY day;
CREATE MATERIALIZED VIEW a_grand_total AS SELECT sum(price) FROM totals;
CREATE MATERIALIZED VIEW unpopulated AS SELECT 1 AS one WITH NO DATA;
CREATE UNIQUE INDEX totals_day ON totals (day);
CREATE SEQUENCE lonely START 42 INCREMENT 3 CYCLE MAXVALUE 1000;
CREATE SEQUENCE untouched START 7;
CREATE PUBLICATION pub FOR TABLE orders, customers;
CREATE PUBLICATION pub_all FOR ALL TABLES;
INSERT INTO customers (name, p, tags, amount, mood) SELECT 'name ' || i, ROW(i, 'x')::pair, hstore('k', i::text), i, 'happy' FROM generate_series(1, 500) i;
INSERT INTO orders (customer, day, price, note) SELECT 100 + 5 * (i % 500), date '2026-01-01' + i % 300, i % 97, repeat('n', i % 50) FROM generate_series(1, 5000) i;
INSERT INTO parts SELECT i, (ARRAY['a','b','c'])[1 + i % 3], 'v' || i FROM generate_series(0, 899) i;
INSERT INTO refs SELECT id, k FROM parts LIMIT 50;
INSERT INTO cities VALUES ('Ulm', 120000); INSERT INTO capitals VALUES ('Paris', 2000000, 'France');
INSERT INTO quick SELECT generate_series(1, 100);
INSERT INTO no_columns SELECT FROM generate_series(1, 13);
INSERT INTO only_generated SELECT FROM generate_series(1, 4);
INSERT INTO "Mixed Case"."T.able""*" VALUES ('tab	back\slash', 1), (NULL, 2);
INSERT INTO dropped_column VALUES (1, 2);
INSERT INTO secrets VALUES (1, 'clone_reader'), (2, 'other');
REFRESH MATERIALIZED VIEW totals; REFRESH MATERIALIZED VIEW a_grand_total;
SELECT nextval('lonely'), nextval('lonely');
SELECT lo_from_bytea(70001, '\x00010203'), lo_from_bytea(70002, convert_to(repeat('big', 100000), 'UTF8')), lo_create(70003);
COMMENT ON LARGE OBJECT 70001 IS 'a large one'; ALTER LARGE OBJECT 70002 OWNER TO clone_owner; GRANT SELECT ON LARGE OBJECT 70002 TO clone_reader;
TRUNCATE audit; INSERT INTO audit VALUES ('kept');
CREATE FUNCTION heard() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.audit VALUES (tg_tag); END$$;
CREATE EVENT TRIGGER hears ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION heard();
)sql";

}  // namespace leat::test
