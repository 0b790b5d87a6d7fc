mod auth;
mod graphql_nulls;
mod seal;
