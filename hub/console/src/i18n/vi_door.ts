/** The words of the door: signing in, opening an account; in Vietnamese. */
import type { door as english } from './en_door';

export const door: Readonly<Record<keyof typeof english, string>> = {
  sign_in_title: 'Đăng nhập bảng điều khiển',
  sign_in: 'Đăng nhập',
  sign_in_again: 'Vui lòng đăng nhập lại',
  sign_in_again_why: 'Phiên của bạn đã hết. Những gì bạn nhập vẫn còn đây.',
  email_missing: 'Hãy nhập địa chỉ e-mail.',
  password_missing: 'Hãy nhập mật khẩu.',
  password_wrong: 'Địa chỉ và mật khẩu không khớp.',
  locked_out: 'Sai mật khẩu quá nhiều lần. Thử lại sau {span}, lúc {time}.',
  language: 'Ngôn ngữ',

  password_forgotten: 'Quên mật khẩu?',
  sign_in_by: 'Đăng nhập bằng {name}',
  factor_title: 'Thêm một bước',
  factor_how: 'Nhập sáu chữ số mà ứng dụng xác thực hiển thị cho Voltdock.',
  recovery_how: 'Nhập một trong các mã bạn đã cất giữ. Mỗi mã chỉ dùng một lần.',
  recovery_code: 'Mã khôi phục',
  factor_instead: 'Dùng ứng dụng xác thực',
  recovery_instead: 'Dùng mã khôi phục',
  factor_other_account: 'Tài khoản khác',

  try_later: 'Quá nhiều yêu cầu. Thử lại sau {span}, lúc {time}.',
  register: 'Mở tài khoản',
  register_instead: 'Chưa có tài khoản? Mở tại đây',
  register_what: 'Để thuê xe. Một email sẽ xác nhận địa chỉ của bạn; sau đó bạn có thể đăng nhập.',
  register_with: 'Với nhà vận hành {slug}.',
  register_password_help: 'Ít nhất 10 ký tự. Vài từ liền nhau thì dễ nhớ.',
  register_sent_title: 'Hãy xem hộp thư của bạn',
  register_sent:
    'Chúng tôi đã gửi email đến {email}. Hãy mở liên kết trong email đó trong vòng một ngày; khi đó tài khoản của bạn sẽ có.',
  register_sent_known: 'Nếu bạn đã có tài khoản, email sẽ nói rõ và chỉ cách vào lại.',
  register_sent_none: 'Không thấy email? Hãy xem thư rác, và xem địa chỉ ở trên có đúng không.',
  register_again: 'Gửi lại',
  register_sent_again: 'Đã gửi lại.',
  register_other_address: 'Dùng địa chỉ khác',
  register_sign_in: 'Đến trang đăng nhập',
  name_missing: 'Hãy nhập tên.',
  password_new_missing: 'Hãy chọn mật khẩu.',
};
