/** What must not be shown: passwords in addresses. */

/**
 * From the scheme to the name of the user, and the password: that reaches to the last `@` before the path. As `new URL`
 * reads it, for which backslashes are slashes and more of them than two are no path yet.
 */
const PASSWORD = /([a-z][a-z0-9+.-]*:[\\/]+[^\\/?#:@\s]*:)[^\\/?#\s]*(?=@)/gi

/** A text in which every password of a URL is `****`, as the real services show `http://user:****@host`. */
export const withoutPasswords = (text: string): string => (text.includes('@') ? text.replace(PASSWORD, '$1****') : text)
