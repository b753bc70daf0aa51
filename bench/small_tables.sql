-- 200 tables of :rows rows each, or :tables of them.
\if :{?tables}
\else
  \set tables 200
\endif
SELECT format('CREATE TABLE public.small_%s (id bigint PRIMARY KEY, customer integer NOT NULL, quantity integer, '
              'price numeric(12,2), name text, changed timestamptz)', i)
FROM generate_series(1, :tables) AS i \gexec
SELECT format('INSERT INTO public.small_%s SELECT i, i %% 97, i %% 1000, i / 100.0, ''name '' || i, '
              'timestamptz ''2024-01-01'' + i * interval ''1 second'' FROM generate_series(1, %s) AS i', i, :rows)
FROM generate_series(1, :tables) AS i \gexec
VACUUM ANALYZE;
