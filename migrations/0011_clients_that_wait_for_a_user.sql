-- Support's list of troubles looks at every partner: it reads the few clients that wait for a user,
-- and not all of them.
create index associations_waiting_for_a_user on associations (partner_id)
    where state = 'needs_attention' or creation_approved or unverified;
