-- What lists of clients filter by is kept with each client, so that an index holds all that a
-- filter, a search or a count reads. Looking up the association of each of 10,000 clients took
-- twenty times as long as a page.

alter table clients
    -- The client has an association that is neither ending nor ended.
    add column associated boolean not null default false,
    -- That association waits for a user.
    add column needs_attention boolean not null default false,
    -- The client is excluded from billing until then: 'infinity' if until a user decides otherwise.
    add column excluded_until timestamptz;

-- The client follows its associations by a trigger, so that it is right whichever statement changes
-- them, in the same transaction. It is locked first: the statement that reads the associations then
-- sees what other transactions have done to them.
create function note_association_of_client() returns trigger language plpgsql as $$
begin
    perform from clients where id = new.client_id and partner_id = new.partner_id for no key update;
    update clients c
    set associated = now_has.associated, needs_attention = now_has.needs_attention
    from (
        select count(*) > 0 as associated, coalesce(bool_or(state = 'needs_attention'), false) as needs_attention
        from associations where client_id = new.client_id and state not in ('ending', 'ended')
    ) now_has
    where c.id = new.client_id and c.partner_id = new.partner_id
        and (c.associated, c.needs_attention) is distinct from (now_has.associated, now_has.needs_attention);
    return null;
end
$$;

-- Syncs that change no state do not call it.
create trigger association_of_client after insert on associations
    for each row when (new.state not in ('ending', 'ended')) execute function note_association_of_client();
create trigger state_of_client after update of state on associations
    for each row when (
        (old.state in ('ending', 'ended')) <> (new.state in ('ending', 'ended'))
        or (old.state = 'needs_attention') <> (new.state = 'needs_attention'))
    execute function note_association_of_client();

create function note_exclusion_of_client() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        update clients set excluded_until = null where id = old.client_id and partner_id = old.partner_id;
    else
        update clients set excluded_until = coalesce(new.ends_at, 'infinity')
        where id = new.client_id and partner_id = new.partner_id;
    end if;
    return null;
end
$$;

create trigger exclusion_of_client after insert or update or delete on client_exclusions
    for each row execute function note_exclusion_of_client();

revoke all on function note_association_of_client, note_exclusion_of_client from public;

-- A name is searched as often as it is spelt differently, and most have one spelling. A text that
-- does not fit an index is cut: few names of 320 characters fold into more than 325.
create or replace function search_text(name text) returns text
    language sql immutable strict parallel safe
    begin atomic
        select case when octet_length(text) <= 1300 then text else left(text, 325) end
        from (
            select spelt || case when keyboard <> spelt then chr(10) || keyboard else '' end
                || case when short <> spelt then chr(10) || short else '' end as text
            from (
                select fold_text(name) as spelt,
                    fold_text(replace(replace(replace(replace(replace(
                        translate(lower(normalize(name, nfkc)), 'ÄÖÜÅØ', 'äöüåø'),
                        'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'å', 'aa'), 'ø', 'oe')) as keyboard,
                    replace(replace(replace(fold_text(name), 'ae', 'a'), 'oe', 'o'), 'ue', 'u') as short
            ) spellings
        ) searched;
    end;

update clients c
set name = c.name, associated = has.associated, needs_attention = has.needs_attention,
    excluded_until = has.excluded_until
from (
    select l.id, l.associated, l.needs_attention,
        (select coalesce(e.ends_at, 'infinity') from client_exclusions e where e.client_id = l.id) as excluded_until
    from (
        select c.id, a.id is not null as associated, coalesce(a.state = 'needs_attention', false) as needs_attention
        from clients c
        left join associations a on a.client_id = c.id and a.state not in ('ending', 'ended')
    ) l
) has
where has.id = c.id
    and (has.associated or has.excluded_until is not null or c.search_text <> search_text(c.name));
update partners set name = name where search_text <> search_text(name);

create or replace view listed_clients with (security_invoker = true) as
    select id, partner_id, external_id, name, state, associated, needs_attention, sort_name, search_text,
        coalesce(excluded_until > now(), false) as excluded
    from clients
    where state = 'active' or associated;

-- An index says all about a row only while its page is known to be visible to everyone: pages with
-- changed clients are looked at early.
alter table clients set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
