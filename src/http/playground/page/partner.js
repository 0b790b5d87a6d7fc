// The partner of an operation: read from the operation itself, because the user may have edited it.
import { parse, valueFromASTUntyped, visit } from 'graphql';
import { useEffect, useState } from 'react';
import namePartner from '../operations/name_partner.graphql';

/**
 * The id of the partner that an operation names in its text or variables (an object or JSON), or
 * null.
 */
export function partnerIdIn(query, variables) {
  let id = null;
  try {
    const given = typeof variables === 'string' ? JSON.parse(variables || '{}') : { ...variables };
    visit(parse(query), {
      VariableDefinition({ variable, defaultValue }) {
        if (defaultValue) given[variable.name.value] ??= valueFromASTUntyped(defaultValue);
      },
      Field(field) {
        for (const argument of field.arguments) {
          const name = argument.name.value;
          const value = valueFromASTUntyped(argument.value, given);
          if (name === 'partnerId' || (name === 'id' && field.name.value === 'partner')) id ??= value;
          if (name === 'input') id ??= value?.partnerId;
        }
      },
    });
  } catch {
    // The operation is incomplete while the user types.
  }
  return id ?? null;
}

/** The names of a partner: `{ name, externalId }`. */
export async function nameOf(wire, id) {
  const { data } = await wire.ask(namePartner, { partnerId: id });
  return data?.partner ?? { name: `unknown partner ${id}` };
}

/**
 * The partner with this id: a known one, or else queried once the id has not changed for a while.
 */
export function usePartner(wire, id, known) {
  const [named, setNamed] = useState({});
  const found = known.find((one) => one && one.id === id) ?? named[id];
  useEffect(() => {
    if (!id || found) return;
    const timer = setTimeout(async () => {
      const partner = await nameOf(wire, id);
      setNamed((before) => ({ ...before, [id]: partner }));
    }, 600);
    return () => clearTimeout(timer);
  }, [id, !found]);
  return id ? (found ?? { name: id }) : null;
}
