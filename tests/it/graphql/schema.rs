//! The schema that the frontend relies on: the committed file matches the code, and everything is
//! described.

use async_graphql::parser::{
    parse_schema,
    types::{FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition},
};
use infima_halo::graphql::sdl;

#[test]
fn committed_schema_matches_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let printed = sdl();
    let lines = |text: &str| text.lines().map(str::to_owned).chain([String::from("(end)")]).collect::<Vec<_>>();
    let differs = lines(&printed).into_iter().zip(lines(&committed)).find(|(printed, committed)| printed != committed);
    assert!(
        committed.trim_end() == printed.trim_end(),
        "schema.graphql is not what the code answers, first in (code, file): {differs:?}\nPrint it again: make schema"
    );
}

#[test]
fn every_schema_element_has_a_description() {
    let mut silent = Vec::new();
    for definition in types() {
        let name = definition.name.node.to_string();
        if definition.description.is_none() {
            silent.push(name.clone());
        }
        match &definition.kind {
            TypeKind::Object(object) => object.fields.iter().for_each(|f| field(&name, &f.node, &mut silent)),
            TypeKind::Interface(face) => face.fields.iter().for_each(|f| field(&name, &f.node, &mut silent)),
            TypeKind::InputObject(input) => input.fields.iter().for_each(|f| value(&name, &f.node, &mut silent)),
            TypeKind::Enum(values) => values
                .values
                .iter()
                .filter(|value| value.node.description.is_none())
                .for_each(|value| silent.push(format!("{name}.{}", value.node.value.node))),
            TypeKind::Scalar | TypeKind::Union(_) => {}
        }
    }
    assert!(silent.is_empty(), "without a description:\n{}", silent.join("\n"));
}

fn field(of: &str, field: &FieldDefinition, silent: &mut Vec<String>) {
    let name = format!("{of}.{}", field.name.node);
    field.arguments.iter().for_each(|argument| value(&name, &argument.node, silent));
    if field.description.is_none() {
        silent.push(name);
    }
}

fn value(of: &str, value: &InputValueDefinition, silent: &mut Vec<String>) {
    if value.description.is_none() {
        silent.push(format!("{of}({})", value.name.node));
    }
}

#[test]
fn mutation_takes_one_input_and_returns_user_errors() {
    let types = types();
    let named = |name: &str| types.iter().find(|found| found.name.node == name).expect("a type of the schema");
    let TypeKind::Object(mutations) = &named("Mutation").kind else { panic!("Mutation is an object") };
    assert!(mutations.fields.len() >= 10);
    for mutation in &mutations.fields {
        let name = &mutation.node.name.node;
        let arguments: Vec<_> = mutation.node.arguments.iter().map(|argument| argument.node.ty.to_string()).collect();
        let capital = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        assert_eq!(arguments, [format!("{capital}Input!")], "{name}");
        assert_eq!(mutation.node.ty.to_string(), format!("{capital}Payload!"), "{name}");
        let TypeKind::Object(payload) = &named(&format!("{capital}Payload")).kind else { panic!("{name}") };
        for field in &payload.fields {
            let kind = field.node.ty.to_string();
            match field.node.name.node.as_str() {
                "userErrors" => assert_eq!(kind, "[UserError!]!", "{name}"),
                result => assert!(!kind.ends_with('!'), "{name}: the result {result} can be null"),
            }
        }
    }
}

#[test]
fn scalar_has_specified_by_url() {
    let sdl = sdl();
    for scalar in ["DateTime", "LocalTime", "TimeZone"] {
        assert!(sdl.contains(&format!("scalar {scalar} @specifiedBy(url: \"https://")), "{scalar}");
    }
}

fn types() -> Vec<TypeDefinition> {
    let document = parse_schema(sdl()).expect("the schema is GraphQL");
    let definitions = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(definition.node),
        _ => None,
    });
    definitions.collect()
}
