-- The table that the demo copies.
CREATE TABLE public.orders (
  id bigint PRIMARY KEY,
  customer text NOT NULL,
  price numeric(12,2),
  placed timestamptz NOT NULL,
  tags text[]
);
INSERT INTO public.orders
SELECT i, 'customer ' || i % 1000, CASE WHEN i % 10 <> 0 THEN i / 7.0 END,
       timestamptz '2024-01-01 00:00+00' + i * interval '1 minute', ARRAY['new', 'order ' || i]
FROM generate_series(1, 200000) AS i;
ANALYZE public.orders;
