mod auth;
mod auth_keys;
mod graphql_nulls;
mod http;
mod seal;
