mod auth;
mod graphql_nulls;
mod http;
mod seal;
