-- Where the demo loads: the source's columns in another order, and an old row that has to go.
CREATE TABLE public.orders (
  id bigint PRIMARY KEY,
  placed timestamptz NOT NULL,
  customer text NOT NULL,
  price numeric(12,2),
  tags text[]
);
INSERT INTO public.orders VALUES (-1, now(), 'nobody', NULL, NULL);
