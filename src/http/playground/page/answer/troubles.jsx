// "Trouble this morning": the partners whose integration has trouble, what needs a person first.
import { howFar, when } from '../words.js';
import { More, Tag } from './parts.jsx';

const parties = {
  INFIMA: ['bad', 'INFIMA has to act'],
  PARTNER: ['warn', 'The partner has to act'],
  NO_ONE: ['quiet', 'No one has to act'],
};

export function Troubles({ found: { nodes, totalCount, pageInfo }, onPartner, onWatch, onMore }) {
  if (totalCount === 0) return <p className="good">No partner has trouble.</p>;
  const waiting = nodes.filter(({ haloTroubles: [first] }) => first?.waitsFor !== 'NO_ONE').length;
  return (
    <>
      <p className="lead">
        {totalCount === 1 ? '1 partner has trouble' : `${totalCount} partners have trouble`}
        {waiting === 0 && ', and none waits for a person'}
        {waiting > 0 && (totalCount === 1 ? ', which needs a person' : `; ${waiting} of them need a person`)}.
      </p>
      <ul className="cards" aria-label="Partners in trouble">
        {nodes.map((partner) => (
          <li key={partner.id}>
            <header>
              <h3>
                {partner.name} <small>{partner.externalId}</small>
              </h3>
              {onPartner && (
                <button type="button" onClick={() => onPartner(partner)}>
                  Act for {partner.name}
                </button>
              )}
            </header>
            <TroubleList troubles={partner.haloTroubles} zone={partner.haloSyncSettings.timeZone} onWatch={onWatch} />
          </li>
        ))}
      </ul>
      <More page={pageInfo} onMore={onMore}>
        More partners
      </More>
    </>
  );
}

/** What is wrong with one partner: since when, who has to act, and what happens next. */
export function TroubleList({ troubles, zone, onWatch }) {
  return (
    <ul className="troubles" aria-label="Trouble">
      {troubles.map(({ kind, waitsFor, message, since, nextStep, nextAt, problem, run }, index) => {
        const [look, party] = parties[waitsFor] ?? ['quiet', waitsFor];
        return (
          <li key={index} className={`waits-${look}`}>
            <p className="what">
              {message} {problem && <code>{problem.code}</code>}
            </p>
            <p>
              <Tag look={look}>{party}</Tag> since {when(since, zone)} ({howFar(since)})
            </p>
            <p className="next">
              <b>Next:</b> {nextStep}
              {nextAt && ` That is ${when(nextAt, zone)} (${howFar(nextAt)}).`}
            </p>
            {onWatch && run && ['QUEUED', 'RUNNING'].includes(run.status) && (
              <button type="button" onClick={() => onWatch(run.id)} aria-label={`Watch the sync: ${kind}`}>
                Watch the sync
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
