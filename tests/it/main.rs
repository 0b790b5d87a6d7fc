mod auth;
mod seal;
