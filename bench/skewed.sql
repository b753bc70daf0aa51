-- Two tables of the same rows, 1 % of which hold 99 % of the bytes, out of line (some 400 MB): side by side in the
-- one, spread evenly in the other.
CREATE TABLE public.bench_skewed (id int, body bytea);
ALTER TABLE public.bench_skewed ALTER body SET STORAGE EXTERNAL;
CREATE TABLE public.bench_spread (LIKE public.bench_skewed INCLUDING STORAGE);
INSERT INTO public.bench_skewed
SELECT i, CASE WHEN i BETWEEN 60001 AND 62000 THEN convert_to(repeat(md5(i::text), 6250), 'UTF8') ELSE '\x2020202020' END
FROM generate_series(1, 200000) i;
INSERT INTO public.bench_spread
SELECT i, CASE WHEN i % 100 = 0 THEN convert_to(repeat(md5(i::text), 6250), 'UTF8') ELSE '\x2020202020' END
FROM generate_series(1, 200000) i;
VACUUM ANALYZE public.bench_skewed, public.bench_spread;
CHECKPOINT;
