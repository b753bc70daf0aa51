-- The tables that the soak loads, besides those that are as in the source.
ALTER TABLE public.spotty ADD CHECK (qty >= 0);
CREATE INDEX ON public.events (at);
CREATE TABLE public.picked (id int PRIMARY KEY, v text, n int);
