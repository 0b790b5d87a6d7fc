//! What the schema says of itself as a whole. The library has one sentence about schemas in general there.

use std::sync::Arc;

use async_graphql::{
    ServerResult, Value,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo},
};

const ABOUT: &str = "INFIMA's Halo PSA integration. A partner connects its Halo, maps its clients to \
    customers there, and INFIMA keeps one subscription for each mapped client whose quantity is the client's active \
    user count: every night, and whenever somebody asks. Begin with `viewer`, or as support with `partners`; everything \
    of a partner is found from `partner`.";

/// Makes the extension.
pub(super) struct AboutTheSchema;

impl ExtensionFactory for AboutTheSchema {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for AboutTheSchema {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        match (info.parent_type, info.name) {
            ("__Schema", "description") => Ok(Some(Value::from(ABOUT))),
            _ => next.run(ctx, info).await,
        }
    }
}
