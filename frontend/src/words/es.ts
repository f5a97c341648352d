// Todas las frases de la interfaz en español. El tipo Words cuida de que no falte ninguna.
//
// "Lock" es aquí "cerrar con llave" y "unlock" es "abrir", porque "bloquear" es lo que se hace con un sitio.

import { ago as agoIn, and, count, dollars, duration, moment, pagesWords, plurals, withoutUsualPort } from '../format'
import type { Words } from './en'

const plural = (n: number, one: string, many = one + 's') => plurals('es', n, one, many)

const ago = (at: number, now: number) => agoIn(at, now, 'ahora mismo')

const keyOf = (names: string[]) => `${names.length === 1 ? 'tu clave' : 'tus claves'} de ${and(names)}`

const nav: Words['nav'] = {
  label: 'Principal',
  overview: 'Resumen',
  sites: 'Sitios',
  keys: 'Claves',
  activity: 'Actividad',
  settings: 'Ajustes',
}

const common: Words['common'] = {
  cancel: 'Cancelar',
  close: 'Cerrar',
  save: 'Guardar',
  saved: 'Guardado.',
  copy: 'Copiar',
  copied: 'Copiado',
  retry: 'Intentar de nuevo',
  loading: 'Cargando',
  working: 'Trabajando',
  dismiss: 'Descartar',
  undo: 'Deshacer',
  more: 'Más',
}

const errors: Words['errors'] = {
  bad_input: 'Oaklock no pudo usar lo que se escribió. No se cambió nada.',
  refused: 'Oaklock no quiso hacer esto. No se cambió nada.',
  doubtful: 'Esto parece un error, así que no se cambió nada.',
  not_found: 'Esto ya no está. Quizá se cambió desde la línea de órdenes.',
  locked: 'Oaklock está cerrado con llave. Ábrelo e inténtalo de nuevo.',
  unavailable: 'El llavero o el disco no responde. No se cambió nada; inténtalo de nuevo en un momento.',
  failed: 'Algo salió mal dentro de Oaklock. Vuelve a mirar para ver qué vale ahora.',
  agent_gone: 'Oaklock se ha detenido. Inícialo otra vez con «oaklock».',
}

const gone: Words['gone'] = {
  title: 'Oaklock no está en marcha',
  text: 'Esta ventana solo muestra lo que hace Oaklock. Tus claves y lo que has permitido están a salvo; ninguna página puede usarlos ahora.',
  fix: 'Inícialo con esta orden y esta ventana lo seguirá:',
  command: 'oaklock',
}

const failed: Words['failed'] = {
  title: 'Oaklock no responde como debería',
  stale: 'Lo que ves aquí puede no estar al día.',
}

const states: Words['states'] = { on: 'Activo', paused: 'En pausa', locked: 'Cerrado' }

const headline: Words['headline'] = {
  locked: 'Oaklock está cerrado con llave.',
  paused: 'Oaklock está en pausa.',
  trouble: {
    new: 'todavía no tiene dónde guardar tus claves',
    unavailable: 'no encuentra ningún llavero',
    denied: 'no pudo entrar en tu llavero',
    locked: 'no puede leer tus claves hasta que las abras',
  },
  troubled: (trouble) => `Oaklock ${trouble}.`,
  onBut: (trouble) => `Oaklock está activo, pero ${trouble}.`,
  noKey: 'Oaklock está activo y todavía no tiene ninguna clave.',
  noSite: (keys) =>
    `Oaklock está activo. Ningún sitio puede usar todavía ${keys === 1 ? 'tu clave' : `tus ${count(keys)} claves`}.`,
  on: (sites, keys) =>
    `Oaklock está activo. ${plural(sites, 'sitio')} ${sites === 1 ? 'puede' : 'pueden'} usar ${plural(keys, 'clave')}.`,
}

const subline: Words['subline'] = {
  paused: 'Se rechaza a las páginas hasta que reanudes. No se pierde nada de lo que has permitido.',
  new: 'Elige una contraseña para el archivo que las guardará.',
  unavailable: 'Las páginas no reciben respuesta hasta que pueda.',
  locked: 'No hay ninguna clave en memoria, y se rechaza a las páginas hasta que lo abras.',
  noKey: 'Añade una y abre después una página que quiera usarla.',
  noSite: 'Abre una página que la use: Oaklock te preguntará antes de enviar nada.',
  on: 'Una página nunca ve una clave. Ella pide, Oaklock pone la clave y la respuesta vuelve.',
}

const first: Words['first'] = {
  progress: 'Primeros pasos',
  place: (n, of) => `Paso ${n} de ${of}`,
  names: { hello: 'Bienvenida', key: 'Una clave', try: 'Pruébalo', login: 'Al iniciar sesión' },
  titles: {
    hello: 'Tus claves, a tu manera',
    key: 'Añade una clave',
    try: 'Pruébalo, sin ninguna clave tuya',
    login: 'Estar ahí cuando una página pregunte',
  },
  skipAll: 'Saltar los primeros pasos',
  back: 'Atrás',
  next: 'Continuar',
  finish: 'Terminar',
  again: 'Mostrar otra vez los primeros pasos',
  sentence:
    'Oaklock deja que las páginas web que tú apruebas usen tus claves de IA sin verlas nunca, y las detiene en el límite que pones.',
  picture: {
    page: 'Una página pide un modelo. No tiene clave, y nunca la recibe.',
    you: 'Tú decides una vez: qué sitio, qué modelos, cuánto y por cuánto tiempo.',
    provider: 'Oaklock pone la clave de camino al proveedor, y en ningún otro lugar.',
  },
  keyText:
    'Pega la clave de un proveedor, o trae una de donde está ahora. Oaklock la prueba enseguida, la guarda en tu llavero y solo muestra de ella el final.',
  elsewhere: 'O trae una que tienes en otro lugar',
  another: 'Añadir otra clave',
  staysBehind:
    'Allí de donde la copiaste sigue estando: en un archivo, una nota o el portapapeles. Bórrala allí si esta clave es solo para Oaklock.',
  tryText:
    'Con Oaklock vienen una página y un proveedor de demostración, y los dos se quedan en este equipo. La página pregunta como cualquier otra, y ves lo que verás entonces.',
  demo: {
    go: 'Iniciar la demostración',
    open: 'La página de demostración se abre en tu navegador',
    start: 'Pulsa Start en ella y Oaklock te pregunta aquí',
    allow: 'Lee la pregunta y pulsa Permitir',
    answers: 'Las respuestas llegan a la página',
    done: ' (hecho)',
    openAgain: 'Abrir la página otra vez',
    all: 'Eso fue todo. Al continuar, la demostración termina, y su clave y su permiso se van con ella.',
    notNow: 'La demostración necesita que Oaklock esté activo.',
  },
  loginText: 'Una página solo puede preguntar mientras Oaklock está en marcha. Espera sin molestar y apenas ocupa memoria.',
  tray: 'Cerrar esta ventana no termina Oaklock: lo encuentras en la bandeja, o lo traes de vuelta con la orden «oaklock».',
  noTray:
    'Cerrar esta ventana no termina Oaklock. Tu escritorio no muestra iconos en la bandeja, así que trae la ventana de vuelta con la orden «oaklock».',
}

const overview: Words['overview'] = {
  pause: 'Pausar',
  resume: 'Reanudar',
  lock: 'Cerrar con llave',
  unlock: 'Abrir',
  addKey: 'Añadir una clave',
  problems: 'Necesita tu atención',
  questions: 'Esperan tu respuesta',
  missed: 'Preguntaron cuando no estabas',
  missedHint: 'Ya nadie espera por estas, pero aún puedes responder. Tu respuesta vale para la próxima solicitud.',
  answer: 'Responder',
  answerLabel: (origin) => `Responder a ${origin}`,
  asks: (names) => `pide usar ${keyOf(names)}`,
  asked: (at, now) => `preguntó ${ago(at, now)}`,
  running: 'Ocurre ahora',
  runningEmpty: 'Ahora mismo no se está respondiendo ninguna solicitud.',
  stop: 'Detener',
  stopLabel: (origin) => `Detener la solicitud de ${origin}`,
  stopped: 'Detenida. Se le dijo a la página que su respuesta se cortó.',
  soFar: (cost) => `${dollars(cost)} hasta ahora`,
  atMost: (cost) => `como mucho ${dollars(cost)}`,
  priceUnknown: 'precio desconocido',
  today: 'Hoy',
  cost: 'Coste',
  estimatedPart: (cost) => `de ellos, ${dollars(cost)} estimados`,
  unpriced: (n) => `sin contar ${plural(n, 'solicitud', 'solicitudes')} de precio desconocido`,
  overall: 'En total',
  requests: 'Solicitudes',
  refused: 'Rechazadas',
  tokensIn: 'Tokens enviados',
  tokensOut: 'Tokens recibidos',
  endpoint: 'Para las páginas',
  endpointHint:
    'Una página pone esto como URL base de su proveedor, por ejemplo con /llm/openai detrás. Sirve cualquier clave de mentira.',
  copyEndpoint: 'Copiar la dirección',
  paused: 'En pausa. Se cortaron las respuestas en curso.',
  resumed: 'Oaklock vuelve a estar activo.',
  locked: 'Cerrado. Ya no queda ninguna clave en memoria.',
  unlocked: 'Abierto.',
}

const question: Words['question'] = {
  title: 'Un sitio pregunta',
  place: (n, of) => `${n} de ${of}`,
  asks: (names) => `pide usar ${keyOf(names)}`,
  through: (browser) => `desde ${browser}`,
  waiting: (elapsed) => `espera desde hace ${elapsed}`,
  missed: 'La página ha dejado de esperar. Tu respuesta vale para su próxima solicitud.',
  granted: (names) => `Ya puede usar ${and(names)}.`,
  whose: (site, part) => `${site} es el sitio; ${part} es una parte de él`,
  plainHttp: 'sin cifrar',
  models: 'Modelos',
  limit: 'Límite',
  time: 'Durante',
  key: 'Clave',
  promise: 'Puede preguntar a los modelos. No puede ver la clave, ni tus archivos, ni tu cuenta.',
  promiseStored: 'Puede preguntar a los modelos y usar todo lo guardado con esta clave. No puede ver la clave ni tu cuenta.',
  pageSays: (provider) => `Para ${provider}, la página pidió el modelo`,
  denials: (n) => `Últimamente has denegado este sitio ${plural(n, 'vez', 'veces')}. «Bloquear» hace que deje de preguntar.`,
  warnings: {
    localhost:
      'Esta página viene de un programa de este equipo. Cualquier otro programa que obtenga este puerto hereda lo que permitas.',
    shared_host:
      'Muchas personas publican en este servidor. Quien pueda poner una página en esta dirección exacta hereda lo que permitas.',
  },
  noKey: (provider) => `Todavía no tienes una clave de ${provider} en Oaklock. Añádela aquí y decide después.`,
  noVault: (provider) =>
    `Todavía no tienes una clave de ${provider} en Oaklock, y ahora no hay dónde guardarla. Elige «Ahora no» y mira en Claves; la pregunta sigue en Resumen.`,
  block: 'Bloquear',
  deny: 'Denegar',
  allow: 'Permitir',
  later: 'Ahora no',
  laterHint: 'Ahora no: se rechaza a la página esta vez cuando acabe su tiempo, y no se recuerda nada',
  yesKey: 'S',
  keyboard: 'Para permitir con el teclado: ve a Permitir, pulsa Intro y después S. Intro solo no hace nada.',
  armed: (site) => `Pulsa S para permitir ${site}. Cualquier otra tecla vuelve atrás.`,
  allowed: (origin, names, until) => `${origin} puede usar ${keyOf(names)} ${until}.`,
  denied: (origin) => `Se denegó a ${origin} y no podrá preguntar durante un tiempo.`,
  blocked: (origin) => `${origin} está bloqueado. Puedes desbloquearlo en Sitios.`,
}

const stopped: Words['stopped'] = {
  title: 'Detenidos hasta que decidas',
  ofSite: (ceiling, provider) => `ha llegado a su límite de ${ceiling} para ${provider}.`,
  ofKey: (ceiling, provider, label) =>
    `se detuvo por el límite de tu clave de ${provider} «${label}», que es de ${ceiling} para todos los sitios juntos.`,
  ofAll: (ceiling) => `se detuvo por tu límite en total, que es de ${ceiling}.`,
  noPrice: (provider) =>
    `pidió a ${provider} un modelo cuyo precio Oaklock no conoce, así que no se pudo respetar un límite en dólares:`,
  need: (amount) => `la próxima solicitud puede llevarse ${amount}`,
  raise: (ceiling) => `Subir a ${ceiling}`,
  raiseLabel: (origin, ceiling) => `Subir a ${ceiling} el límite que detuvo a ${origin}`,
  raised: (origin, ceiling) => `Subido a ${ceiling}. La próxima solicitud de ${origin} se rige por él.`,
  lowered: (ceiling) => `El límite vuelve a ser de ${ceiling}.`,
  change: 'Cambiar…',
  changeLabel: (origin, provider) => `Cambiar lo que ${origin} puede hacer con ${provider}`,
  setPrice: 'Poner su precio',
  setPriceLabel: (model) => `Poner su precio: ${pagesWords(model, 40)}`,
  reasons: {
    same_requests: (n) => `Envió ${plural(n, 'solicitud casi igual', 'solicitudes casi iguales')} en un minuto`,
    only_errors: (n) => `${plural(n, 'solicitud falló', 'solicitudes fallaron')} una tras otra en un minuto`,
    cost_surge: (n) =>
      `De pronto costó más de cinco veces lo habitual, con ${plural(n, 'solicitud', 'solicitudes')} en un minuto`,
  },
  inThatMinute: (cost) => `${dollars(cost)} en ese minuto`,
  ranAway: 'está en pausa porque se desbocó.',
  at: (at, now) => ago(at, now),
  goOn: 'Dejar que siga',
  goOnLabel: (origin) => `Dejar que siga: ${origin}`,
  wentOn: (origin) => `${origin} sigue. Si vuelve a hacer lo mismo, no se pausa durante una hora.`,
  block: 'Bloquear',
  blockLabel: (origin) => `Bloquear ${origin}`,
}

const use: Words['use'] = {
  of: (used, ceiling) => `${used} de ${ceiling}`,
  held: (amount) => `${amount} en reserva`,
  left: (amount) => `quedan ${amount}`,
  none: 'no queda nada',
  resets: (at, now) => `se renueva en ${duration(at - now)}`,
}

const price: Words['price'] = {
  title: 'Lo que cuesta este modelo',
  of: (provider) => `El precio de este modelo de ${provider}:`,
  hint: 'En dólares por un millón de tokens, como lo escriben los proveedores. Oaklock calcula con él desde la próxima solicitud, y lo guarda hasta que lo cambies.',
  input: 'Lo que lee (entrada)',
  output: 'Lo que escribe (salida)',
  example: '1,25',
  bad: 'Escribe los dos como importes, como 1,25 o 0,075; 0 si no cuesta nada.',
  saved: (model) => `El precio de «${pagesWords(model, 40)}» está puesto.`,
}

const periods: Words['terms']['periods'] = { day: 'al día', week: 'a la semana', month: 'al mes' }

const terms: Words['terms'] = {
  allModels: 'Todos',
  onlyModel: (model) => `Solo «${pagesWords(model, 40)}»`,
  onlyAsked: 'Solo los que pidió',
  listed: 'Solo estos…',
  listedLabel: 'Nombres de los modelos',
  listedHint: 'Nombres exactos, separados por comas o espacios.',
  limit: (millionths, period) => `${dollars(millionths)} ${periods[period]}`,
  other: 'Otro…',
  amount: 'Importe en dólares',
  amountExample: '2,50',
  period: 'Por',
  periods,
  quit: 'hasta que Oaklock se cierre',
  days: (n) => plural(n, 'día'),
  keep: (at, now) => `como ahora, hasta ${moment(at, now)}`,
  badAmount: 'Escribe un importe mayor que cero, como 2,50.',
  stored: (providers) => `Puede usar archivos y chats guardados en ${and(providers)}`,
  storedHelp: 'Es todo lo guardado con esta clave, lo haya guardado quien lo haya guardado, y no solo lo que hizo este sitio.',
  savedToo: 'también archivos y chats guardados',
  noModels: 'Nombra al menos un modelo o elige Todos.',
  ceilings: {
    costDay: (n) => `${dollars(n)} al día`,
    costWeek: (n) => `${dollars(n)} a la semana`,
    costMonth: (n) => `${dollars(n)} al mes`,
    tokensDay: (n) => `${plural(n, 'token')} al día`,
    tokensWeek: (n) => `${plural(n, 'token')} a la semana`,
    tokensMonth: (n) => `${plural(n, 'token')} al mes`,
    requestsPerMinute: (n) => `${plural(n, 'solicitud', 'solicitudes')} por minuto`,
    atOnce: (n) => `${count(n)} a la vez`,
    outputTokens: (n) => `${plural(n, 'token')} por respuesta`,
  },
  noLimit: 'sin límite',
  anyModel: 'todos los modelos',
  onlyModels: (names) => `solo ${and(names)}`,
  noModel: 'ningún modelo',
  ended: 'terminó',
  endedAt: (at, now) => `terminó: ${moment(at, now)}`,
  until: (at, now) => `hasta ${moment(at, now)}`,
  untilRevoked: 'hasta que lo retires',
}

const sites: Words['sites'] = {
  title: 'Sitios',
  intro: 'Lo que decidiste vale exactamente para estas direcciones: no para sus subdominios, ni para http en lugar de https.',
  empty: 'Todavía no ha preguntado ningún sitio',
  emptyText: 'Abre una página cuyo proveedor tenga Oaklock como URL base. Su primera solicitud espera y se te pregunta aquí.',
  add: 'Añadir un sitio',
  states: {
    allowed: 'permitido',
    paused: 'en pausa',
    unproven: 'sin confirmar',
    expired: 'terminado',
    denied: 'denegado',
    blocked: 'bloqueado',
  },
  isPaused: 'En pausa, porque se desbocó. No se pierde nada de lo que permitiste.',
  pausedFor: {
    same_requests: (n) => `Envió ${plural(n, 'solicitud casi igual', 'solicitudes casi iguales')} en un minuto`,
    only_errors: (n) => `Solo recibió errores en ${plural(n, 'solicitud', 'solicitudes')} durante un minuto`,
    cost_surge: () => 'En un minuto costó mucho más de lo habitual',
  },
  pausedCost: (why, cost) => `${why}, que costó ${cost}. Espera a que lo dejes seguir; lo que permitiste se conserva.`,
  goOn: 'Dejar que siga',
  wentOn: (origin) => `${origin} sigue.`,
  isUnproven: 'Lo escribió otro programa, así que no está en vigor.',
  notInForce: 'no está en vigor',
  deniedUntil: (at, now) => `denegado hasta ${moment(at, now)}`,
  isBlocked: 'No puede preguntar y no se le dice nada.',
  mayAskAfter: (at, now) => `Puede volver a preguntar a partir de: ${moment(at, now)}.`,
  mayNotAsk: 'No puede preguntar durante un tiempo.',
  hasEnded: 'Lo que permitiste ha terminado. Puede volver a preguntar.',
  mayUse: (names) => `Puede usar ${and(names)}.`,
  lastUsed: (at, now) => `último uso: ${ago(at, now)}`,
  neverUsed: 'sin usar',
  requests: (n) => plural(n, 'solicitud', 'solicitudes'),
  given: (at, now) => `permitido: ${moment(at, now)}`,
  givenBy: { window: 'en la ventana', 'command line': 'en la línea de órdenes' },
  withKey: (label) => `clave «${label}»`,
  edit: 'Cambiar',
  editLabel: (name) => `Cambiar lo que puede hacer con ${name}`,
  editTitle: (name) => `Lo que puede hacer con ${name}`,
  revoke: 'Retirar',
  revokeLabel: (name) => `Retirar ${name}`,
  revokeAll: 'Retirar todo',
  revokedApp: (name, providers) => `${name} ya no puede usar ${and(providers)}. Su clave se queda.`,
  block: 'Bloquear',
  unblock: 'Desbloquear',
  allowAgain: 'Dejar que pregunte',
  revoked: (origin, names) => `${origin} ya no puede usar ${and(names)}. Puede volver a preguntarte.`,
  blocked: (origin) => `${origin} está bloqueado. No puede hacer ni preguntar nada.`,
  putBack: (origin) => `${origin} está como estaba.`,
  find: 'Buscar un sitio',
  state: 'Mostrar',
  allStates: 'todos',
  noneFits: 'Ningún sitio coincide.',
  unblocked: (origin) => `${origin} puede volver a preguntar.`,
  changed: 'Cambiado. Vale desde la próxima solicitud.',
  addTitle: 'Permitir un sitio antes de que pregunte',
  origin: 'Dirección del sitio',
  originHint: 'Esquema y servidor, como https://research.example. Sin ruta.',
  providers: 'Proveedores',
  noProvider: 'Elige al menos un proveedor.',
  added: (origin) => `${origin} está permitido.`,
  allow: 'Permitir este sitio',
}

const apps: Words['apps'] = {
  tabs: 'Quién pregunta',
  tabSites: 'Sitios web',
  tabApps: 'Aplicaciones de este equipo',
  title: 'Aplicaciones',
  intro:
    'Programas de este equipo que no son páginas web, como un editor o un script. Cada uno tiene una clave propia de Oaklock, que no abre nada en ningún otro lugar.',
  empty: 'Todavía no hay aplicaciones',
  emptyText:
    'Crea una clave para un programa tuyo. Nunca ve la clave del proveedor, y puedes quitarle la suya en cualquier momento.',
  add: 'Añadir una aplicación',
  addTitle: 'Dejar que un programa use tus claves',
  name: 'Nombre de la aplicación',
  nameHint: 'Como quieras encontrarla en el registro. Minúsculas, cifras y guiones.',
  make: 'Crear su clave',
  keyTitle: (name) => `La clave de ${name}`,
  keyText: 'Ponla donde el programa pide la clave del proveedor. Solo pueden usarla programas de este equipo.',
  key: 'Clave',
  bases: 'Y esto como su URL base',
  once: 'La clave se muestra solo esta vez y no se guarda en ninguna parte. Si se pierde, quita la aplicación y crea una nueva.',
  done: 'Hecho',
  added: (name) => `${name} tiene su clave.`,
  hint: (last) => `la clave acaba en ${last}`,
  nothing: 'Ahora no puede usar nada. Su clave no abre nada hasta que vuelvas a permitir algo.',
  none: 'nada permitido',
  remove: 'Quitar',
  removeLabel: (name) => `Quitar ${name}`,
  removed: (name) => `Se quitó ${name}. Su clave ya no abre nada.`,
  takenBack: (name) => `${name} está como estaba, y su clave vuelve a abrir lo que abría.`,
  find: 'Buscar una aplicación',
  noneFits: 'Ninguna aplicación coincide.',
}

const doubts: Words['doubts'] = {
  title: 'Otro programa ha cambiado lo que se le dijo a Oaklock.',
  text: 'Esto no está en vigor hasta que lo confirmes:',
  review: 'Confirmar…',
  askTitle: '¿Está todo esto como quieres?',
  ask: 'Confírmalo solo si sabes por qué cambió, por ejemplo porque recuperaste una copia de seguridad. Entonces vale tal como está:',
  askElse: 'Si no, cancela, y retira o permite de nuevo lo que aparece aquí.',
  confirm: 'Ponerlo en vigor',
  confirmed: 'Confirmado. Está en vigor tal como está.',
}

const keys: Words['keys'] = {
  title: 'Claves',
  empty: 'Todavía no hay claves',
  emptyText: 'Añade la clave de un proveedor. Va a tu llavero, y de allí solo a ese proveedor.',
  emptyFile: 'Añade la clave de un proveedor. Va al archivo protegido, y de allí solo a ese proveedor.',
  add: 'Añadir una clave',
  addTitle: 'Añadir una clave',
  provider: 'Proveedor',
  label: 'Nombre',
  labelHint: 'Para distinguir tus claves, como personal o trabajo. Vacío significa default.',
  secret: 'Clave',
  secretHint: 'Pégala aquí. No se vuelve a mostrar nunca.',
  getKey: 'Conseguir una clave del proveedor',
  save: 'Guardar la clave',
  saveAnyway: 'Guardar de todos modos',
  saved: (name, label) => `Se guardó tu clave de ${name} «${label}».`,
  hint: (last) => `acaba en ${last}`,
  goesTo: (endpoint) => `va solo a ${withoutUsualPort(endpoint)}`,
  addedAt: (at, now) => `añadida: ${moment(at, now)}`,
  lastUsed: (at, now) => `último uso: ${ago(at, now)}`,
  neverUsed: 'sin usar',
  unusable: (endpoint) =>
    `No se usa: la dirección del proveedor ha cambiado desde que esta clave se dio para ${withoutUsualPort(endpoint)}. Añade la clave otra vez para usarla allí.`,
  test: 'Probar',
  testLabel: (name, label) => `Probar la clave de ${name} ${label}`,
  testing: 'Preguntando al proveedor…',
  works: 'Funciona.',
  notReached: 'No se llegó al proveedor.',
  providerSays: 'El proveedor dice:',
  remove: 'Quitar',
  removeLabel: (name, label) => `Quitar la clave de ${name} ${label}`,
  removed: (name, label) => `Se quitó la clave de ${name} «${label}». En el proveedor sigue valiendo hasta que la borres allí.`,
  takenBack: (name, label) => `La clave de ${name} «${label}» está como estaba.`,
  find: 'Buscar una clave',
  noneFits: 'Ninguna clave coincide.',
}

const find: Words['find'] = {
  title: 'Claves que tienes en otros lugares',
  environment: 'Buscar en el entorno',
  file: 'Buscar en un archivo .env…',
  list: 'Claves encontradas',
  noneInEnvironment: 'No hay ninguna clave en el entorno con el que se inició Oaklock.',
  noneInFile: (path) => `No hay ninguna clave que Oaklock conozca en ${path}.`,
  line: (n) => `línea ${n}`,
  take: 'Traer a Oaklock',
  takeLabel: (name, hint) => `Traer a Oaklock la clave de ${name} que acaba en ${hint}`,
  taken: (label) => `aquí como ${label}`,
  stored: 'ya está aquí',
  leak: (variable) =>
    `${variable} es un nombre que las herramientas de compilación ponen dentro de la página, donde cualquier visitante puede leer la clave. Si la página se publicó alguna vez, crea una clave nueva en el proveedor.`,
  staysInFile: (path) =>
    `Oaklock hace una copia. Las líneas de ${path} se quedan como están: bórralas allí, y en el historial del repositorio, cuando nada más las necesite.`,
  staysInEnvironment:
    'Oaklock hace una copia. La variable sigue definida, y la puede leer todo programa que inicies: quítala del archivo que la define, como ~/.profile, cuando nada más la necesite.',
}

const vault: Words['vault'] = {
  title: 'Dónde están tus claves',
  readyKeychain: 'En el llavero de tu sistema.',
  readyFile: 'En un archivo cifrado con tu contraseña.',
  lockedKeychain: 'Tu llavero está cerrado.',
  lockedFile: 'El archivo está cerrado. Necesita tu contraseña.',
  new: 'Todavía no hay archivo. Elige una contraseña para crearlo.',
  unavailable: 'No hay llavero en este equipo, o no responde.',
  denied: 'El llavero no dejó entrar a Oaklock.',
  useFile: 'Usar un archivo protegido',
  useFileTitle: '¿Guardar las claves en un archivo?',
  useFileText:
    'Sin llavero, Oaklock puede guardar tus claves en un archivo de su carpeta de perfil, cifrado con una contraseña que tú eliges. ' +
    'Nadie puede recuperar la contraseña: sin ella, las claves del archivo se pierden.',
  useFileDo: 'Usar un archivo',
  useFileDone: 'Oaklock guardará las claves en un archivo. Elige ahora su contraseña.',
  choose: 'Elegir un lugar para las claves',
  create: 'Elegir una contraseña',
  createText: 'Cifra el archivo que guarda tus claves. Nadie puede recuperarla.',
  unlockTitle: 'Abrir Oaklock',
  unlockFile: 'Escribe la contraseña del archivo que guarda tus claves.',
  unlockKeychain: 'Tu sistema puede pedirte la contraseña de tu llavero.',
  passphrase: 'Contraseña',
  again: 'Otra vez',
  differ: 'Las dos no son iguales.',
  short: 'Usa al menos 8 caracteres. Unas cuantas palabras seguidas se recuerdan bien.',
  created: 'El archivo está creado y abierto.',
}

const activity: Words['activity'] = {
  title: 'Actividad',
  intro: 'Solicitudes que se enviaron y las que se rechazaron. Lo que se preguntó y se respondió no se guarda nunca.',
  empty: 'Todavía no ha pasado nada',
  emptyText: 'En cuanto una página pida algo, sus solicitudes aparecen aquí.',
  emptyFiltered: 'Nada coincide',
  emptyFilteredText: 'Ninguna solicitud coincide con estos filtros. Elige otro sitio u otro proveedor.',
  site: 'Sitio',
  allSites: 'Todos los sitios',
  provider: 'Proveedor',
  allProviders: 'Todos los proveedores',
  older: 'Mostrar anteriores',
  end: 'Eso es todo lo que se guardó.',
  columns: {
    time: 'Hora',
    site: 'Sitio',
    provider: 'Proveedor',
    outcome: 'Qué pasó',
    tokens: 'Tokens',
    took: 'Tardó',
  },
  table: 'Solicitudes, primero las más nuevas',
  unknownTokens: 'tokens desconocidos',
  tokensLabel: (asked, answered) => `${asked} enviados, ${answered} recibidos`,
  unknown: 'número desconocido',
}

const outcomes: Words['outcomes'] = {
  bad_request: 'Rechazada: la solicitud estaba mal formada',
  budget_exhausted: 'Rechazada: el límite está agotado',
  consent_denied: 'Rechazada: denegaste este sitio',
  consent_pending: 'Rechazada: nadie respondió a tiempo',
  endpoint_denied: 'Rechazada: las páginas nunca pueden usar esta función',
  model_denied: 'Rechazada: este modelo no estaba permitido',
  stored_data_denied: 'Rechazada: los archivos y chats guardados están vedados',
  provider_unknown: 'Rechazada: no existe ese proveedor',
  endpoint_unknown: 'Rechazada: no existe esa función',
  too_large: 'Rechazada: la solicitud era demasiado grande',
  media_type: 'Rechazada: no es un tipo de contenido que se acepte aquí',
  locked: 'Rechazada: Oaklock estaba cerrado con llave',
  paused: 'Rechazada: Oaklock estaba en pausa',
  no_key: 'Rechazada: no había clave para este proveedor',
  rate_limited: 'Rechazada: demasiadas solicitudes en un minuto',
  too_many_requests: 'Rechazada: demasiadas solicitudes a la vez',
  upstream_unreachable: 'Falló: no se llegó al proveedor',
  upstream_invalid: 'Falló: la respuesta del proveedor no tenía sentido',
  upstream_timeout: 'Falló: el proveedor tardó demasiado',
  revoked: 'Cortada: retiraste el permiso al sitio',
  stopped: 'Cortada: la detuviste',
  page_gone: 'Terminó: la página se fue',
  upstream_cut: 'Falló: la respuesta del proveedor se interrumpió',
  unheard: 'Rechazada sin una palabra: bloqueado, o los sitios nuevos no pueden preguntar',
  failed: 'Rechazada: Oaklock no pudo anotarla, así que no se envió',
}

const outcome: Words['outcome'] = {
  cuts: { locked: 'Cortada: Oaklock se cerró con llave', paused: 'Cortada: Oaklock se puso en pausa' },
  refused: (code) => `Rechazada: ${code}`,
  answered: 'Respondida',
  providerNo: (status) => `El proveedor dijo que no (${status})`,
}

const settings: Words['settings'] = {
  title: 'Ajustes',
  appearance: 'Aspecto',
  theme: 'Tema',
  themes: { system: 'Como el sistema', light: 'Claro', dark: 'Oscuro' },
  language: 'Idioma',
  languages: { system: 'Como el sistema', en: 'English', es: 'Español' },
  general: 'General',
  providers: 'Proveedores',
  providersHint:
    'Adónde van las solicitudes. Una clave está atada a la dirección para la que se dio: otra dirección la pide de nuevo.',
  addProvider: 'Añadir un proveedor',
  addProviderTitle: 'Añadir un proveedor que habla el idioma de OpenAI',
  id: 'Nombre corto',
  idHint: 'Lo que las páginas ponen detrás de /llm/, como mis-modelos. Letras minúsculas, cifras y guiones.',
  name: 'Nombre',
  baseURL: 'URL base',
  baseURLHint: 'https, o http solo en este equipo.',
  auth: 'Cómo recibe la clave',
  pagesUse: 'Las páginas usan',
  custom: 'añadido por ti',
  reset: 'Volver al original',
  removeProvider: 'Quitar',
  removeProviderLabel: (name) => `Quitar ${name}`,
  confirmRemoveProvider: (name) => `¿Quitar ${name}?`,
  confirmRemoveProviderText:
    'Las páginas ya no podrán llegar a él a través de Oaklock. Su clave se queda donde está hasta que la quites.',
  removedProvider: (name) => `Se quitó ${name}.`,
  savedProvider: (name) => `Se guardó ${name}.`,
  changeURL: 'Cambiar',
  changeURLLabel: (name) => `Cambiar la URL base de ${name}`,
  changeURLTitle: (name) => `URL base de ${name}`,
  saveLabel: (name) => `Guardar ${name}`,
  defaultValue: (value) => `Normalmente ${value}.`,
  on: 'Sí',
  off: 'No',
  about: 'Acerca de',
  version: (v) => `Versión ${v}`,
  home: 'Carpeta de perfil',
  empty: 'Todavía no hay nada que ajustar.',
}

const setting: Words['setting'] = {
  questions: {
    label: 'Preguntarme por sitios nuevos',
    help: 'Si está apagado, los sitios sobre los que no has decidido no oyen nada.',
  },
  wait: {
    label: 'Cuánto espera una página mi respuesta',
    help: 'Un tiempo de 1s a 5m, como 60s o 2m.',
  },
  port: {
    label: 'Puerto para las páginas',
    help: 'De 1024 a 65535. Cambia cuando Oaklock se inicia de nuevo, y las páginas tienen que usarlo también.',
  },
  vault: {
    label: 'Dónde están las claves',
    help: 'En el llavero de tu sistema, o en un archivo protegido por una contraseña.',
    values: { keychain: 'Llavero del sistema', file: 'Archivo protegido' },
  },
  default_limit: {
    label: 'El límite que ofrece una pregunta',
    help: 'En dólares al día, como 1.00/day: de 0.01/day a 1000.00/day.',
  },
  default_days: {
    label: 'Para cuántos días ofrece una pregunta',
    help: 'De 1 a 366. A una página de tu propio equipo se le ofrece un día.',
  },
  proxy: {
    label: 'Proxy en el camino a los proveedores',
    help: 'off, environment, o una dirección como http://proxy.example:3128. No ve ninguna clave.',
  },
  idle_lock: {
    label: 'Cerrar con llave si no se usa durante',
    help: 'Cuando ningún sitio ha usado una clave durante este tiempo: de 1m a 168h, u off.',
  },
  lock_on_screen_lock: {
    label: 'Cerrar con llave al bloquear la pantalla',
    help: 'Todas las claves salen de la memoria y las páginas te esperan.',
  },
  lock_on_sleep: {
    label: 'Cerrar con llave al suspender el equipo',
    help: 'Todas las claves salen de la memoria antes de que duerma.',
  },
  lock_on_user_switch: {
    label: 'Cerrar con llave cuando otro usuario toma la pantalla',
    help: 'Nadie más usa tus claves mientras tanto.',
  },
  autostart: { label: 'Iniciar al entrar en mi sesión', help: 'Sin ventana: solo el agente, que espera a las páginas.' },
}

export const es: Words = {
  nav,
  common,
  errors,
  gone,
  failed,
  states,
  headline,
  subline,
  first,
  overview,
  question,
  stopped,
  use,
  price,
  terms,
  sites,
  apps,
  doubts,
  keys,
  find,
  vault,
  activity,
  outcomes,
  outcome,
  settings,
  setting,
}
