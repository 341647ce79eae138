// An error as an application sees it: the SDK's own type, and what it kept of the answer.

export function describeFailure(error) {
  return {
    type: error?.constructor?.name ?? "",
    status: error?.statusCode ?? error?.status ?? 0,
    code: String(error?.code ?? ""),
    message: String(error?.message ?? error),
  };
}
