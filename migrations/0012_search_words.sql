-- Searches of our own lists find a name by its words in any order, whatever its accents. The folded
-- name is stored with its row: `like` on it needs no extension, which a managed Postgres may lack,
-- and a search stays one statement. A partner's rows are found by their index and read one by one,
-- because row-level security lets no index be used for a pattern.

-- Folds case, width and accents away; letters that Unicode does not decompose are spelt as usual.
create function fold_text(given text) returns text
    language sql immutable strict parallel safe
    return replace(replace(replace(replace(
        translate(lower(regexp_replace(normalize(given, nfkd), '[\u0300-\u036f]', '', 'g')), 'øłđðħıØŁĐÐĦ', 'olddhiolddh'),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');

-- What is searched of a name: folded, also as it is spelt where a keyboard has no umlauts, and the
-- other way round, so that each of Müller and Mueller finds both.
create function search_text(name text) returns text
    language sql immutable strict parallel safe
    return fold_text(name)
        || chr(10) || fold_text(replace(replace(replace(replace(replace(
            translate(lower(normalize(name, nfkc)), 'ÄÖÜÅØ', 'äöüåø'),
            'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'å', 'aa'), 'ø', 'oe'))
        || chr(10) || replace(replace(replace(fold_text(name), 'ae', 'a'), 'oe', 'o'), 'ue', 'u');

-- The patterns that the search_text of each hit matches: one for each word. A statement that reads
-- many rows asks for them in a subquery, which is evaluated once.
create function search_patterns(search text) returns text[]
    language sql immutable strict parallel safe
    return array(
        select '%' || replace(replace(replace(word, '\', '\\'), '%', '\%'), '_', '\_') || '%'
        from regexp_split_to_table(fold_text(search), '\s+') as word
        where word <> ''
    );

revoke all on function fold_text, search_text, search_patterns from public;
grant execute on function fold_text, search_text, search_patterns to infima_app;

alter table partners add column search_text text generated always as (search_text(name)) stored;
alter table clients add column search_text text generated always as (search_text(name)) stored;

create or replace view listed_clients with (security_invoker = true) as
    select c.id, c.partner_id, c.external_id, c.name, c.state,
        a.id is not null as associated,
        coalesce(a.state = 'needs_attention', false) as needs_attention,
        c.sort_name,
        c.search_text
    from clients c
    left join associations a on a.client_id = c.id and a.state not in ('ending', 'ended')
    where c.state = 'active' or a.id is not null;

-- What support finds a partner by.
create or replace function partner_matches(partner uuid, search text) returns boolean
    language sql stable
    begin atomic
        select exists (
                select from partners p
                where p.id = partner and (p.external_id = search or p.search_text like all (array(select unnest(search_patterns(search)))))
            )
            or exists (
                select from clients c
                where c.partner_id = partner
                    and (c.external_id = search or c.search_text like all (array(select unnest(search_patterns(search)))))
            )
            or exists (
                select from connections n where n.partner_id = partner and strpos(lower(n.url), lower(search)) > 0
            )
            or exists (select from activity y where y.partner_id = partner and y.request_id = search);
    end;
