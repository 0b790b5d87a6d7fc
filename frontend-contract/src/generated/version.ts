/** The version of the contract, which is the server's as well. */
export const contractVersion = "0.3.0";
