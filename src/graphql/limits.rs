//! How large an operation may be. The schema enforces the constants, the HTTP layer the
//! [`DocumentLimits`] before it runs an operation.

/// For `SchemaBuilder::limit_depth`: how deep fields may nest. GraphiQL's introspection needs 15.
pub const DEPTH: usize = 18;
/// For `SchemaBuilder::limit_complexity`: one for each field, times the page size of a list.
pub const COMPLEXITY: usize = 5_000;
/// For `SchemaBuilder::limit_directives`: how many directives one field may have.
pub const DIRECTIVES: usize = 4;
/// For `SchemaBuilder::limit_recursive_depth`.
pub const RECURSION: usize = 32;

/// The limits of a document, enforced before validation: async-graphql spreads fragments out while
/// it validates, so a small document can cost it billions of visits.
#[derive(Clone, Debug)]
pub struct DocumentLimits {
    /// Names, numbers, strings and punctuators.
    pub tokens: usize,
    /// How deep brackets may nest.
    pub nesting: usize,
    /// Fields, with fragments spread out.
    pub selections: usize,
    /// Aliases, with fragments spread out.
    pub aliases: usize,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self { tokens: 3_000, nesting: 40, selections: 1_500, aliases: 30 }
    }
}
