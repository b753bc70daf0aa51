CREATE TABLE public.orders (id bigint PRIMARY KEY, customer text NOT NULL, total numeric(12,2));
INSERT INTO public.orders SELECT i, 'customer ' || i % 1000, i / 100.0 FROM generate_series(1, 1000000) AS i;
ANALYZE public.orders;
