-- The recurring invoice that `billing` is about, by Halo's id: "on which invoice?" is answered
-- without asking Halo.
alter table associations add column billing_invoice_id integer;
