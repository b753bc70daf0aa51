-- A table with every common column type, awkward names and awkward values. :rows is how many.
CREATE SCHEMA "Mixed Case";
CREATE TABLE "Mixed Case"."Every Type" (
  "Id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "a bool" boolean,
  "a smallint" smallint,
  "an int" integer NOT NULL,
  "a bigint" bigint,
  "a real" real,
  "a double" double precision,
  "a numeric" numeric,
  "a price" numeric(12,2) DEFAULT 0,
  "a text" text,
  "a varchar" varchar(60),
  "a char" char(8),
  "a name" name,
  "some bytes" bytea,
  "a date" date,
  "a time" time,
  "a timetz" timetz,
  "a timestamp" timestamp,
  "a timestamptz" timestamptz,
  "an interval" interval,
  "a uuid" uuid,
  "a json" json,
  "a jsonb" jsonb,
  "some ints" integer[],
  "some ""texts""" text[],
  "doubled" bigint GENERATED ALWAYS AS ("an int" * 2::bigint) STORED
);
INSERT INTO "Mixed Case"."Every Type" ("a bool", "a smallint", "an int", "a bigint", "a real", "a double", "a numeric",
  "a price", "a text", "a varchar", "a char", "a name", "some bytes", "a date", "a time", "a timetz", "a timestamp",
  "a timestamptz", "an interval", "a uuid", "a json", "a jsonb", "some ints", "some ""texts""")
SELECT i % 2 = 0, i % 30000, i, i * 1000000007::bigint, i / 7.0, sqrt(i),
       CASE i % 5 WHEN 0 THEN 'NaN'::numeric WHEN 1 THEN NULL ELSE i::numeric ^ 3 / 7 END, (i % 100000) / 100.0,
       CASE i % 6 WHEN 0 THEN '' WHEN 1 THEN NULL WHEN 2 THEN E'tab\there, line\nbreak, \\ backslash'
                  WHEN 3 THEN 'it''s "quoted"' WHEN 4 THEN 'žluťoučký kůň 馬 🐎 ' || i ELSE 'plain ' || i END,
       CASE WHEN i % 4 = 0 THEN NULL ELSE repeat('v', i % 50) END, chr(65 + i % 26), 'name ' || i % 99,
       CASE WHEN i % 3 = 0 THEN NULL ELSE decode(md5(i::text), 'hex') END,
       CASE i % 50 WHEN 0 THEN 'infinity'::date ELSE date '2000-01-01' + i % 9999 END, time '00:00' + i * interval '1 ms',
       timetz '12:00+02' + i * interval '1 s', timestamp '1999-12-31' + i * interval '1 min',
       timestamptz '2024-02-29 12:00+00' - i * interval '17 min', (i % 13) * interval '1 month 3 days 4.5 s',
       md5(i::text)::uuid, json_build_object('i', i, 'text', 'a "b" \ c'), jsonb_build_object('i', i, 'list', ARRAY[1, i]),
       CASE WHEN i % 7 = 0 THEN NULL ELSE ARRAY[i, NULL, -i] END, ARRAY['a,b', '{', NULL, '', 'c "d"']
FROM generate_series(1, :rows) AS i;
ANALYZE "Mixed Case"."Every Type";
