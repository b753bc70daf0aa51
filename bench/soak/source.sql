-- What the soak copies. Nothing of it changes while it runs.
CREATE TABLE public.events (
  id int PRIMARY KEY,
  v text,
  n int NOT NULL,
  at timestamptz,
  amount numeric(12, 2),
  tags int[]);
INSERT INTO public.events
SELECT i, md5(i::text), i % 1000, timestamptz '2026-01-01 UTC' + i * interval '1 second', i / 7.0,
  CASE WHEN i % 5 = 0 THEN ARRAY[i, NULL, -i] END
FROM generate_series(1, 100000) i;

-- Gives v back, and takes half a second for all rows of events, so that there is time to end its sessions.
CREATE FUNCTION public.slow(v text, id int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF id % 1000 = 0 THEN PERFORM pg_sleep(0.005); END IF;
  RETURN v;
END $$;

-- 10 of its rows are refused by the target.
CREATE TABLE public.spotty (id int PRIMARY KEY, qty int);
INSERT INTO public.spotty SELECT i, CASE WHEN i % 2000 = 0 THEN -i ELSE i END FROM generate_series(1, 20000) i;

CREATE TABLE public.wide (id int PRIMARY KEY, body text);
ALTER TABLE public.wide ALTER body SET STORAGE EXTERNAL;
INSERT INTO public.wide SELECT i, repeat(md5(i::text), 50000 + i * 12500) FROM generate_series(1, 6) i;

-- 20 small tables, every second one with a foreign key to the one before.
DO $$
BEGIN
  FOR t IN 1..20 LOOP
    EXECUTE format('CREATE TABLE public.small_%s (id int PRIMARY KEY, other int %s, v text)', t,
                   CASE WHEN t % 2 = 0 THEN format('REFERENCES public.small_%s', t - 1) END);
    EXECUTE format('INSERT INTO public.small_%s SELECT i, i, md5(i::text) FROM generate_series(1, 500) i', t);
  END LOOP;
END $$;

ANALYZE;
