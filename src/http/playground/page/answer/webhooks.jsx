// "What was sent to webhooks?": each webhook of the partner, and what has become of its latest
// deliveries.
import { asTitle, count, howFar, when } from '../words.js';
import { Tag } from './parts.jsx';

const states = { ACTIVE: 'good', FAILING: 'warn', WILL_BE_DISABLED: 'bad', DISABLED: 'bad' };
const deliveryStates = { PENDING: 'warn', DELIVERED: 'good', GIVEN_UP: 'bad' };

export function Webhooks({ partner: { haloWebhooks, haloSyncSettings } }) {
  const zone = haloSyncSettings.timeZone;
  return (
    <>
      <p className="lead">
        {haloWebhooks.length === 0 ? 'The partner has no webhook.' : `${count(haloWebhooks.length, 'webhook')}.`}
      </p>
      <ul className="cards" aria-label="Webhooks">
        {haloWebhooks.map((webhook) => (
          <WebhookCard key={webhook.id} webhook={webhook} zone={zone} />
        ))}
      </ul>
    </>
  );
}

function WebhookCard({ webhook, zone }) {
  const { id, url, state, eventTypes, failingSince, willBeDisabledAt, disabledAt, disabledBecause, deliveries } = webhook;
  return (
    <li>
      <header>
        <h3>
          {url} <small>{id}</small>
        </h3>
      </header>
      <p>
        <Tag look={states[state]}>{asTitle(state)}</Tag> {eventTypes.map(asTitle).join(', ')}
      </p>
      {failingSince && (
        <p>
          Every delivery has failed since {when(failingSince, zone)} ({howFar(failingSince)}).
          {willBeDisabledAt && ` It will be disabled ${when(willBeDisabledAt, zone)}.`}
        </p>
      )}
      {disabledAt && (
        <p>
          Disabled {when(disabledAt, zone)}: {asTitle(disabledBecause).toLowerCase()}.
        </p>
      )}
      <ul>
        {deliveries.nodes.map((delivery) => (
          <Delivery key={delivery.id} delivery={delivery} zone={zone} />
        ))}
      </ul>
      <p className="quiet">
        {deliveries.totalCount === 0 ? 'Nothing was sent.' : `${count(deliveries.totalCount, 'event')} in all.`}
      </p>
    </li>
  );
}

function Delivery({ delivery, zone }) {
  const { id, eventType, state, attempts, lastAttemptAt, lastStatus, lastErrorMessage, nextAttemptAt } = delivery;
  return (
    <li>
      <Tag look={deliveryStates[state]}>{asTitle(state)}</Tag> {asTitle(eventType)} <small>{id}</small>
      <br />
      <span className="quiet">
        {count(attempts, 'attempt')}
        {lastAttemptAt && `, the last ${when(lastAttemptAt, zone)}`}
        {lastStatus && `, answered ${lastStatus}`}
        {nextAttemptAt && `; next ${when(nextAttemptAt, zone)}`}.
      </span>
      {lastErrorMessage && <p>{lastErrorMessage}</p>}
    </li>
  );
}
