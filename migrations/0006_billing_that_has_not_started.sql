-- A recurring invoice, or a line of one, may begin later: until then it bills nothing.

alter table associations drop constraint associations_billing_check;
alter table associations add constraint associations_billing_check check (billing in (
    'on_recurring_invoice', 'not_on_recurring_invoice', 'invoice_disabled', 'invoice_ended', 'invoice_not_started',
    'line_inactive', 'line_ended', 'line_not_started', 'unknown'
)) not valid;
alter table associations validate constraint associations_billing_check;
