-- Row-level security reads the scope once for each statement and not for each row: a page of
-- clients with their users is some six hundred rows, and half of its time went into reading the
-- setting and writing uuids as texts. A subquery that depends on no row is evaluated once, when the
-- first row asks for it; what each scope may see is the same as before. Rows that are written are
-- still checked one by one, by in_scope(): they are few.

-- The partner whose rows the transaction came for; null in a system scope, and without any. A name
-- of a system scope is shorter than a uuid.
create function scoped_partner() returns uuid
    language sql stable parallel safe
    return case when length(current_setting('infima.scope', true)) = 36
        then current_setting('infima.scope', true)::uuid end;

-- Whether the transaction came for what one of these system scopes may see.
create function scoped_to(variadic systems text[]) returns boolean
    language sql stable parallel safe
    return coalesce(current_setting('infima.scope', true) = any (systems), false);

revoke all on function scoped_partner, scoped_to from public;
grant execute on function scoped_partner, scoped_to to infima_app;

alter policy scope on partners using (id = (select scoped_partner())
    or (select scoped_to('sign_in', 'support_directory', 'roster', 'worker', 'housekeeping')));
alter policy scope on clients using (partner_id = (select scoped_partner())
    or (select scoped_to('support_directory', 'roster', 'worker')));
alter policy scope on client_exclusions using (partner_id = (select scoped_partner())
    or (select scoped_to('support_directory')));
alter policy scope on users using (partner_id = (select scoped_partner())
    or (select scoped_to('support_directory', 'roster', 'worker')));
alter policy scope on connections using (partner_id = (select scoped_partner())
    or (select scoped_to('support_directory', 'roster', 'worker', 'housekeeping')));
alter policy scope on associations using (partner_id = (select scoped_partner())
    or (select scoped_to('support_directory', 'worker')));
alter policy scope on problems using (partner_id = (select scoped_partner())
    or (select scoped_to('support_directory', 'roster', 'worker', 'housekeeping')));
alter policy scope on sync_runs using (partner_id = (select scoped_partner())
    or (select scoped_to('support_directory', 'roster', 'worker', 'housekeeping')));
alter policy scope on sync_results using (partner_id = (select scoped_partner())
    or (select scoped_to('support_directory')));
-- What may be inserted into the audit log, which has no check of its own, is what may be seen.
alter policy scope on activity using (partner_id = (select scoped_partner())
    or (select scoped_to('support_directory', 'roster', 'housekeeping')));
